// The pages' sections, one function each.
#include "pages/manual_page.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "pages/roff.h"

namespace aimee {

namespace {

constexpr std::string_view exit_status =
    "0:: Done, or there was nothing to do.\n"
    "1:: Failed: an input or output error, a time limit, a device that vanished.\n"
    "2:: Wrong usage.\n"
    "3:: Refused: a precondition says no. Nothing was changed.\n";

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& letter : out) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return out;
}

// "show this" as "Show this."
std::string sentence(std::string_view text) {
  if (text.empty()) return {};
  return concat(upper(text.substr(0, 1)), text.substr(1), text.ends_with('.') ? "" : ".");
}

std::string head(std::string_view name, std::string_view summary, const PageOrigin& origin) {
  return concat(".\\\" Made by aimee-pages from the option table.\n.TH \"", roff_text(upper(name)), R"(" "8" ")",
                origin.date, "\" \"aimee ", roff_text(origin.version), "\" \"aimee\"\n.SH NAME\n",
                roff_filled(concat(name, " - ", summary)));
}

// Capitals are placeholders: "[TYPE…]" with TYPE in italics.
std::string placeholders(std::string_view operands) {
  const auto is_capital = [](char letter) { return letter >= 'A' && letter <= 'Z'; };
  std::string out;
  while (!operands.empty()) {
    const bool italic = is_capital(operands[0]);
    std::size_t length = 1;
    while (length < operands.size() && is_capital(operands[length]) == italic) ++length;
    const std::string run = roff_text(operands.substr(0, length));
    out += italic ? concat("\\fI", run, "\\fR") : run;
    operands.remove_prefix(length);
  }
  return out;
}

std::string synopsis(std::string_view command, std::string_view operands) {
  return concat(".SH SYNOPSIS\n\\fB", roff_text(command), R"(\fR [\fIOPTION\fR...])", operands.empty() ? "" : " ",
                placeholders(operands), "\n");
}

std::string option_entry(const Option& option) {
  std::string tag = concat(R"(\fB\-\-)", roff_text(option.name), "\\fR");
  if (option.letter != 0) tag = concat("\\fB\\-", option.letter, "\\fR, ", tag);
  if (!option.value.empty()) tag += concat(" \\fI", roff_text(option.value), "\\fR");
  return concat(".TP\n", tag, "\n", roff_filled(sentence(option.help)));
}

std::string options_section(std::span<const Option> options) {
  std::string out = ".SH OPTIONS\n";
  for (const Option& option : options) out += option_entry(option);
  return out + option_entry(option_help) + option_entry(option_version);
}

std::string own_sections(const Manual& manual) {
  std::string out;
  for (const ManualSection& section : manual.sections) {
    const std::string title = roff_text(section.title);
    out += concat(".SH ", title.find(' ') == std::string::npos ? title : concat("\"", title, "\""), "\n",
                  roff_paragraphs(section.text));
  }
  return out;
}

// "a(8), b(5)" with what is in `always` first, each once and without the page itself.
std::string see_also(std::string_view self, std::string always, std::string_view more) {
  if (!more.empty()) always += concat(always.empty() ? "" : ", ", more);
  std::vector<std::string_view> references;
  for (const std::string_view part : split(always, ',')) {
    const std::string_view reference = trimmed(part);
    bool known = reference.empty() || reference.substr(0, reference.find('(')) == self;
    for (const std::string_view earlier : references) known = known || earlier == reference;
    if (!known) references.push_back(reference);
  }
  std::string out = ".SH \"SEE ALSO\"\n";
  for (const std::string_view& reference : references) {
    const std::size_t open = std::min(reference.find('('), reference.size());
    out += concat(".BR ", roff_text(reference.substr(0, open)), " ", roff_text(reference.substr(open)),
                  &reference == &references.back() ? "\n" : ",\n");
  }
  return references.empty() ? std::string() : out;
}

std::string exit_section() { return concat(".SH \"EXIT STATUS\"\n", roff_paragraphs(exit_status)); }

}  // namespace

std::string page_name(const Applet& applet) { return concat(applet.linked ? "" : "aimee-", applet.name); }

std::string manual_page(const Applet& applet, const Manual& manual, const PageOrigin& origin) {
  const std::string name = page_name(applet);
  return concat(head(name, applet.summary, origin),
                synopsis(concat(applet.linked ? "" : "aimee ", applet.name), applet.operands), ".SH DESCRIPTION\n",
                roff_paragraphs(applet.description), options_section(applet.options), own_sections(manual),
                exit_section(), see_also(name, "aimee(8)", manual.see_also));
}

std::string program_page(const Applet& program, const Manual& manual, std::span<const Applet* const> applets,
                         const PageOrigin& origin) {
  std::string list = ".SH APPLETS\n";
  std::string references;
  for (const Applet* applet : applets) {
    list += concat(".TP\n\\fB", roff_text(applet->name), "\\fR\n", roff_filled(sentence(applet->summary)));
    references += concat(references.empty() ? "" : ", ", page_name(*applet), "(8)");
  }
  return concat(head(program.name, program.summary, origin), synopsis(program.name, program.operands),
                ".SH DESCRIPTION\n", roff_paragraphs(program.description), list, options_section(program.options),
                own_sections(manual), exit_section(), see_also(program.name, std::move(references), manual.see_also));
}

}  // namespace aimee
