// What counts as a password: the forms that crypt(3) returns, each made by libxcrypt's, and what only looks like one.
#include "plan/password.h"

#include "harness/test.h"

using namespace aimee;
using namespace aimee::test;

namespace {

constexpr std::string_view hashes[] = {
    "$y$j9T$abcd$Orp.OeCze/69QcGqIHgWirbgcT9eibc/Ny1z.QraKk8",
    "$y$j9T$$f8EQ65iHgcEqfjkQ3zFk42FcTXdJqdkVBWC8ReNnkJD",
    "$gy$j9T$abcd$n3uL1P3sUNqqNcP5hOfJhWs4mx0NSqt/sIIX3hek5J2",
    "$7$CU..../....salt$UewSOLbVf3qsZmDvry3pggxF/REyAiJJpgRal.cwvUA",
    "$2a$04$abcdefghijklmnopqrstuuPNNoX.Msxr5RW2ZSGmuXGWl40tmLDPa",
    "$2b$04$abcdefghijklmnopqrstuuPNNoX.Msxr5RW2ZSGmuXGWl40tmLDPa",
    "$2x$04$abcdefghijklmnopqrstuuPNNoX.Msxr5RW2ZSGmuXGWl40tmLDPa",
    "$2y$04$abcdefghijklmnopqrstuuPNNoX.Msxr5RW2ZSGmuXGWl40tmLDPa",
    "$6$$DpX7Oxvm1rkjJ5fYYQkk93L.hmJbvHFjPBn.bSy9lwgP3jWme4vp.lVaSOmFVY8951Vmf22EKPVS3SZZLNMcx0",
    "$6$rounds=1000$a$bb2y4zOtTS5sBlVsbEfE9y1w0HnAI40O2.2PO1kp8tl37NfW5NtcYoAQFWDzv03/JgTKOw2erDmpOcZw/loyV.",
    "$6$aaaaaaaaaaaaaaaa$HbOt7tQGBpU8NzUQjTVApfjIPuHs7XCOARU4uisFwz8gN08XqAArwsJtkN93p7aM5vwCBr4adBlDYsxJChlO1/",
    "$5$$CnHV2UUmhQLVcZAY7xslAkW1fzNcEhAJSZLqEppW910",
    "$sha1$4$abc$UfWgqXh4z.mQBHfh1wEIFwLNmion",
    "$md5$abcdefgh$O/W.tPtj7OTa1YxOWSWyA/",
    "$md5$abcdefgh$$N62P8MykM.f/FvzDlHwTO1",
    "$md5,rounds=5$abcdefgh$EjL/qn89aCnmIs21XeQpS1",
    "$1$$hX.vY/ydCu0tq.wXJ2Pn4.",
    "$1$abcdefgh$apR79uSs0V5fMrws52ggI1",
    "$3$$30db62f8b4a233f537eb46a4a77a861d",
    "_J9..abcdDlSsDqR5r8Q",
    "abJnggxhB/yWI",
    "abJnggxhB/yWIp8YQSCvpAhc",
};

constexpr std::string_view words_only[] = {
    "", "*", "!", "!!", "!*", "*!", "x", "!x", "X", "NP", "*NP*", "*LK*", "*LOCKED*", "LK", "LOCKED", "locked",
    "NOLOGIN", "NOPASSWD", "nopassword", "nologin", "!unprovisioned", "unprovisioned", "*unprovisioned", "!locked",
    "##root", "-", ".", "0", "none", "secret", "{CRYPT}x", "{SSHA}8Yb1nOr5Uo7fYw2Ck7KXWQx9sYp2bGv1", "$", "$$", "$$$",
    "$6$", "$6$salt", "$6$salt$", "$6$salt$hash", "$y$j9T$", "$y$j9T$salt$", "$9$salt$hash", "*0", "*1",
    "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b7dWRWJTmaaJObG",
    // One letter too few, too many, or outside the alphabet.
    "$y$j9T$abcd$Orp.OeCze/69QcGqIHgWirbgcT9eibc/Ny1z.QraKk",
    "$y$j9T$abcd$Orp.OeCze/69QcGqIHgWirbgcT9eibc/Ny1z.QraKk88", "$y$$abcd$Orp.OeCze/69QcGqIHgWirbgcT9eibc/Ny1z.QraKk8",
    "$y$j9T$Orp.OeCze/69QcGqIHgWirbgcT9eibc/Ny1z.QraKk8", "$y$j9T$abcd$Orp.OeCze/69QcGqIHgWirbgcT9eibc/Ny1z.QraKk+",
    "$5$12345678901234567$CnHV2UUmhQLVcZAY7xslAkW1fzNcEhAJSZLqEppW910",
    "$5$rounds=0$a$CnHV2UUmhQLVcZAY7xslAkW1fzNcEhAJSZLqEppW910",
    "$5$rounds=999$a$CnHV2UUmhQLVcZAY7xslAkW1fzNcEhAJSZLqEppW910", "$1$rounds=1000$a$hX.vY/ydCu0tq.wXJ2Pn4.",
    "$1$123456789$apR79uSs0V5fMrws52ggI1", "$2b$03$abcdefghijklmnopqrstuuPNNoX.Msxr5RW2ZSGmuXGWl40tmLDPa",
    "$2b$32$abcdefghijklmnopqrstuuPNNoX.Msxr5RW2ZSGmuXGWl40tmLDPa",
    "$2b$4$abcdefghijklmnopqrstuuPNNoX.Msxr5RW2ZSGmuXGWl40tmLDPa",
    "$2c$04$abcdefghijklmnopqrstuuPNNoX.Msxr5RW2ZSGmuXGWl40tmLDPa", "$3$$30DB62F8B4A233F537EB46A4A77A861D",
    "$3$s$30db62f8b4a233f537eb46a4a77a861d", "$sha1$0$abc$UfWgqXh4z.mQBHfh1wEIFwLNmion",
    "$6,rounds=5$abcdefgh$EjL/qn89aCnmIs21XeQpS1", "_J9..abcdDlSsDqR5r8R", "_J9..abcdDlSsDqR5r8", "abJnggxhB/yWJ",
    "abJnggxhB/yWIp8YQSCvpAhd", "abJnggxhB/yW", "abJnggxhB/yWIx"};

}  // namespace

TEST_CASE("what crypt(3) returns is a password; behind a mark it is a locked one") {
  for (const std::string_view hash : hashes) {
    CHECK_MESSAGE(password_in(hash) == PasswordState::set, hash);
    for (const char* mark : {"!", "!!", "*", "!*", "*LK*", "*LOCKED*"})
      CHECK_MESSAGE(password_in(concat(mark, hash)) == PasswordState::locked, concat(mark, hash));
  }
}

TEST_CASE("everything else is none, locked or not") {
  for (const std::string_view word : words_only) {
    CHECK_MESSAGE(password_in(word) == PasswordState::none, word);
    CHECK_MESSAGE(password_in(concat("!", word)) == PasswordState::none, word);
  }
  // Every start of a hash, but for the DES ones that are a hash themselves.
  for (const std::string_view hash : hashes) {
    for (std::size_t length = 0; length < hash.size(); ++length) {
      if (length == 13 && hash[0] == 'a') continue;
      CHECK_MESSAGE(password_in(hash.substr(0, length)) == PasswordState::none, hash.substr(0, length));
    }
  }
}

TEST_CASE("the line that getpwnam finds") {
  const std::string_view rest = ":0:0:root:/root:/bin/sh";
  const auto found = [](std::string_view passwd) {
    const auto line = find_in_passwd(passwd, "root");
    return line ? concat(line->number, " ", line->password) : "none";
  };
  CHECK(found(concat("root:x", rest)) == "1 x");
  CHECK(found(concat("bin:*:1:1::/:/bin/sh\n root:x", rest, "\r\n")) == "2 x");
  CHECK(found(concat("root:*\n+root:y", rest, "\n#root:y", rest, "\nroot:x", rest)) == "4 x");
  CHECK(found(concat("root:x", rest, "\nroot:*", rest)) == "1 x");
  CHECK(found("root:x:zero:0:root:/root:/bin/sh\n") == "none");
  CHECK(found(concat("rooted:x", rest)) == "none");
  CHECK(found("") == "none");
}

TEST_CASE("passwd that does not lead to shadow: what it has itself counts, and it is said why") {
  const std::string shadow = concat("root:", hashes[0], ":1::::::\n");
  const auto passwd = [](std::string_view field) { return concat("root:", field, ":0:0:root:/root:/bin/sh\n"); };
  const auto state = [&](std::string_view field) { return password_of("root", passwd(field), shadow); };
  for (const std::string_view leading : {"x", "##root"}) {
    CHECK(state(leading) == PasswordState::set);
    CHECK(trouble_in_passwd(passwd(leading), "root").empty());
  }
  for (const std::string_view other : {"", "*", "!", "X", "xx", "##bin", "*NP*"}) {
    CHECK(state(other) == PasswordState::none);
    CHECK(trouble_in_passwd(passwd(other), "root").starts_with(":1: the second field of root is "));
  }
  CHECK(state(hashes[1]) == PasswordState::set);
  CHECK(trouble_in_passwd(passwd(hashes[1]), "root").starts_with(":1: the second field of root is a password, not"));
  CHECK(
      trouble_in_passwd(passwd(concat("!", hashes[1])), "root").starts_with(":1: the second field of root is a pass"));
  CHECK(state(concat("!", hashes[1])) == PasswordState::locked);
  CHECK(password_of("root", "", shadow) == PasswordState::set);
  CHECK(password_of("bin", "", shadow) == PasswordState::none);
  CHECK(trouble_in_passwd("", "root").empty());
}
