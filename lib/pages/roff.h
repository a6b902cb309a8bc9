// Plain text as source of man(7): nothing in it can be taken for a request, lines are short, each sentence starts a
// new one. Groff and mandoc read it alike, mandoc -T lint has nothing to say of it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace aimee {

// `text` with roff's own characters escaped; hyphens are ones that can be copied, other than ASCII is \[uXXXX].
std::string roff_text(std::string_view text);

// `words` as filled lines. Options (--name) and references (name(8)) become bold.
std::string roff_filled(std::string_view text);

// Paragraphs, examples and tagged paragraphs, as lib/cli/manual.h describes them, below a .SH.
std::string roff_paragraphs(std::string_view text);

}  // namespace aimee
