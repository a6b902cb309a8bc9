// tmpfiles.d(5) lines: fields, paths, precedence, and what junk does.
#include "plan/subvolume_list.h"

#include <climits>

#include "harness/test.h"

namespace aimee::test {

namespace {

using Fields = std::vector<std::string>;

std::string shown(const std::optional<Fields>& fields) {
  if (!fields) return "broken";
  std::string text;
  for (const std::string& field : *fields) text += concat("[", field, "]");
  return text;
}

// One line for each subvolume, "PATH MODE USER GROUP", then one for each warning.
std::string shown(const SubvolumeList& list) {
  std::string text;
  for (const SubvolumeLine& line : list.subvolumes) {
    text += concat(line.path, " ", in_base(line.mode, 8, 4), " ", line.user, " ", line.group, "\n");
  }
  for (const std::string& warning : list.warnings) text += concat("! ", warning, "\n");
  return text;
}

std::string parse(std::string_view content) { return shown(parse_subvolume_list({{"a.conf", std::string(content)}})); }

struct Row {
  std::string_view content;
  std::string_view expected;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.content);
    CHECK(parse(row.content) == row.expected);
  }
}

}  // namespace

TEST_CASE("fields stand between blanks, quotes keep blanks, escapes are undone") {
  struct FieldRow {
    std::string_view line;
    std::optional<Fields> fields;
  };
  const FieldRow rows[] = {
      {"", Fields{}},
      {" \t ", Fields{}},
      {"v /var/log", Fields{"v", "/var/log"}},
      {"  v\t\t/var/log  ", Fields{"v", "/var/log"}},
      {R"(v "/var/a b")", Fields{"v", "/var/a b"}},
      {R"(v '/var/a b')", Fields{"v", "/var/a b"}},
      {R"(v /var/"a b"/c)", Fields{"v", "/var/a b/c"}},
      {R"(v "it's")", Fields{"v", "it's"}},
      {R"(v 'say "x"')", Fields{"v", "say \"x\""}},
      {R"(v "" '')", Fields{"v", "", ""}},
      {R"("a""b")", Fields{"ab"}},
      {R"(a\sb)", Fields{"a b"}},
      {R"(a\tb\nc)", Fields{"a\tb\nc"}},
      {R"(\a\b\f\r\v)", Fields{"\a\b\f\r\v"}},
      {R"(\\\"\')", Fields{"\\\"'"}},
      {R"("\"" '\'')", Fields{"\"", "'"}},
      {R"(\x41\x7a)", Fields{"Az"}},
      {R"(\xc3\xa4)", Fields{"\xc3\xa4"}},
      {R"(\101\172)", Fields{"Az"}},
      {R"(\1019)", Fields{"A9"}},
      {R"(\377)", Fields{"\xff"}},
      {R"(# not a comment here)", Fields{"#", "not", "a", "comment", "here"}},
  };
  for (const FieldRow& row : rows) {
    CAPTURE(row.line);
    CHECK(shown(split_fields(row.line)) == shown(row.fields));
  }
}

TEST_CASE("broken quotes and escapes break the line") {
  for (const std::string_view line :
       {R"(v "/var/a)", R"(v '/var/a")", R"(v a")", R"(v \)", R"(\x4)", R"(\x)", R"(\xg0)", R"(\x4 1)", R"(\12)",
        R"(\128)", R"(\8)", R"(\400)", R"(\999)", R"(\x00)", R"(\000)", R"(\q)", R"(\.)", R"("\")", "\\\xff"}) {
    CAPTURE(line);
    CHECK(shown(split_fields(line)) == "broken");
  }
}

TEST_CASE("a hexadecimal escape may be written in capitals") {
  CHECK(shown(split_fields(R"(\x4A\x4b\xC3\xA4)")) == "[JK\xc3\xa4]");
}

TEST_CASE("a path is absolute, without empty parts, dots and a slash at its end") {
  struct PathRow {
    std::string_view path;
    std::optional<std::string> normalised;
  };
  const PathRow rows[] = {
      {"/", "/"},
      {"//", "/"},
      {"/.", "/"},
      {"/var", "/var"},
      {"/var/", "/var"},
      {"/var//log/./x/", "/var/log/x"},
      {"/var/...", "/var/..."},
      {"/var/..x", "/var/..x"},
      {"/var/a b", "/var/a b"},
      {"", {}},
      {"var", {}},
      {"./var", {}},
      {"/..", {}},
      {"/var/..", {}},
      {"/var/../etc", {}},
      {"/var/a/../b", {}},
  };
  for (const PathRow& row : rows) {
    CAPTURE(row.path);
    CHECK((normalised_path(row.path) == row.normalised));
  }
}

TEST_CASE("v, q and Q lines below /var are the list; mode, user and group have tmpfiles.d's defaults") {
  check({
      {"v /var/log\nq /var/tmp 1777 root root 30d\nQ /var/lib/machines 0700 - -\n",
       "/var/lib/machines 0700 0 0\n/var/log 0755 0 0\n/var/tmp 1777 root root\n"},
      {"v /var/a - - - -\n", "/var/a 0755 0 0\n"},
      {"v /var/a 0750 daemon 65534 - -\n", "/var/a 0750 daemon 65534\n"},
      {"v /var/a 700\n", "/var/a 0700 0 0\n"},
      {"v /var/a 7777\n", "/var/a 7777 0 0\n"},
      {"v /var/a :0700 :daemon :adm\n", "/var/a 0700 daemon adm\n"},
      {"v /var/a ~0700\n", "/var/a 0700 0 0\n"},
      {"v /var/a :~1777\n", "/var/a 1777 0 0\n"},
      {"v /var/a \"\" \"\" \"\"\n", "/var/a 0755 0 0\n"},
      {"v /var/without-newline", "/var/without-newline 0755 0 0\n"},
  });
}

TEST_CASE("modifiers change nothing for a fresh volume, and letters that are none are another type") {
  for (const std::string_view type : {"v!", "v-", "v+", "v=", "v~", "v^", "v$", "v?", "q!-", "Q!+-=~^$?"}) {
    CAPTURE(type);
    CHECK(parse(concat(type, " /var/a\n")) == "/var/a 0755 0 0\n");
  }
  for (const std::string_view type : {"vv", "vx", "v1", "v!x", "var", "V", "!v", "\"\""}) {
    CAPTURE(type);
    CHECK(parse(concat(type, " /var/a\n")) == "");
  }
}

TEST_CASE("paths are normalised, sorted parents first, and strictly below /var") {
  check({
      {"v /var/b\nv /var/a/c\nv /var/a\n", "/var/a 0755 0 0\n/var/a/c 0755 0 0\n/var/b 0755 0 0\n"},
      {"v /var//log/./x/\n", "/var/log/x 0755 0 0\n"},
      {"v /var\nv /var/\nv /varnish/x\nv /srv\nv /\nv /home/var/x\n", ""},
      {"v \"/var/a b\"\nv /var/c\\x20d\n", "/var/a b 0755 0 0\n/var/c d 0755 0 0\n"},
      {"v /var/\xff\n", "/var/\xff 0755 0 0\n"},
  });
}

TEST_CASE("specifiers that are the same on every machine are expanded") {
  check({
      {"v %S/machines\n", "/var/lib/machines 0755 0 0\n"},
      {"v %C/x\n", "/var/cache/x 0755 0 0\n"},
      {"v %L\n", "/var/log 0755 0 0\n"},
      {"v %V\n", "/var/tmp 0755 0 0\n"},
      {"v %T/x\nv %t/x\n", ""},
      {"v /var/100%%\n", "/var/100% 0755 0 0\n"},
      {"v /var/%%S\n", "/var/%S 0755 0 0\n"},
  });
}

TEST_CASE("a subvolume whose path depends on the machine is left to systemd-tmpfiles, with a warning") {
  check({
      {"v /var/%m\n", "! a.conf:1: path /var/%m depends on the machine, left to systemd-tmpfiles\n"},
      {"v /var/100%\n", "! a.conf:1: path /var/100% depends on the machine, left to systemd-tmpfiles\n"},
      {"v /var/%H\\n\n", "! a.conf:1: path /var/%H\\x0a depends on the machine, left to systemd-tmpfiles\n"},
      {"d /var/%m\nx /tmp/systemd-private-%b-*\n", ""},
  });
}

TEST_CASE("a subvolume with a path that cannot be meant is ignored, with a warning") {
  check({
      {"v var/log\n", "! a.conf:1: path var/log is not absolute and free of \"..\", ignored\n"},
      {"v /var/../etc\n", "! a.conf:1: path /var/../etc is not absolute and free of \"..\", ignored\n"},
      {"v /var/\\x1b/..\n", "! a.conf:1: path /var/\\x1b/.. is not absolute and free of \"..\", ignored\n"},
      {"d var/log\nL /var/../x - - - - y\n", ""},
  });
}

TEST_CASE("a mode that is none gives a warning and the default, and the subvolume stays") {
  for (const std::string_view mode : {"0888", "u+rwx", "10000", "07777777777777777777777777", "-1", "0x1ff"}) {
    CAPTURE(mode);
    CHECK(parse(concat("v /var/a ", mode, "\n")) ==
          concat("/var/a 0755 0 0\n! a.conf:1: mode ", mode, " is not octal, 0755 is used\n"));
  }
}

TEST_CASE("comments, empty lines, line ends of Windows and blanks around a line do not matter") {
  check({
      {"# v /var/a\n   # v /var/b\n\n \t \n", ""},
      {"v /var/a\r\nq /var/b 1777\r\n\r\n# x\r\n", "/var/a 0755 0 0\n/var/b 1777 0 0\n"},
      {" \tv /var/a  \t\n", "/var/a 0755 0 0\n"},
      {"", ""},
  });
}

TEST_CASE("junk is a warning with its line and stops nothing else") {
  check({
      {"v /var/a\nv \"/var/b\nv /var/c\n",
       "/var/a 0755 0 0\n/var/c 0755 0 0\n! a.conf:2: not a tmpfiles.d line, ignored\n"},
      {"v\n", "! a.conf:1: not a tmpfiles.d line, ignored\n"},
      {"\xff\xfe\x01\nv /var/a\n", "/var/a 0755 0 0\n! a.conf:1: not a tmpfiles.d line, ignored\n"},
      {std::string_view("\0\0\0\nv /var/a\n", 13), "/var/a 0755 0 0\n! a.conf:1: not a tmpfiles.d line, ignored\n"},
      {"junk of several words\nv /var/a\n", "/var/a 0755 0 0\n"},
      {"v /var/a\\q\n", "! a.conf:1: not a tmpfiles.d line, ignored\n"},
  });
}

TEST_CASE("a long line and a long file are read like short ones") {
  const std::string comment = concat("# ", std::string(1 << 20, 'x'), "\n");
  CHECK(parse(concat(comment, "v /var/a", std::string(1 << 20, ' '), "0700\n")) == "/var/a 0700 0 0\n");
  std::string many;
  for (int i = 0; i < 5000; ++i) many += concat("d /var/", i, "\n");
  CHECK(parse(concat(many, "v /var/last\n")) == "/var/last 0755 0 0\n");
}

TEST_CASE("a path that is too long to exist is ignored, with a warning") {
  const std::string name(NAME_MAX, 'n');
  CHECK(parse(concat("v /var/", name, "\n")) == concat("/var/", name, " 0755 0 0\n"));
  for (const std::string& path : {concat("/var/", name, "n"), concat("/var", std::string(PATH_MAX / 2, '/'), [&] {
                                    std::string deep;
                                    while (deep.size() <= PATH_MAX) deep += concat("/", name);
                                    return deep;
                                  }())}) {
    CAPTURE(path.size());
    const SubvolumeList list = parse_subvolume_list({{"a.conf", concat("v ", path, "\nv /var/b\n")}});
    CHECK(list.subvolumes.size() == 1);
    CHECK(list.warnings.size() == 1);
  }
}

TEST_CASE("of several lines that create the same path the first wins, across files too") {
  check({
      {"v /var/a 0700\nv /var/a 0711\n", "/var/a 0700 0 0\n"},
      {"v /var/a 0700\nd /var/a 0711\n", "/var/a 0700 0 0\n"},
      {"d /var/a\nv /var/a\n", ""},
      {"d /var//a/\nv /var/./a\n", ""},
      {"L+ /var/a - - - - /x\nv /var/a\n", ""},
      {"f /var/a\nv /var/a\n", ""},
      {"d /var/a\nv /var/a/b\n", "/var/a/b 0755 0 0\n"},
      {"D %L\nv /var/log\n", ""},
      {"v /var/a \"\nv /var/a 0711\n", "/var/a 0711 0 0\n! a.conf:1: not a tmpfiles.d line, ignored\n"},
  });
  CHECK(shown(parse_subvolume_list({{"a.conf", "d /var/a\nv /var/b 0700\n"},
                                    {"b.conf", "v /var/a\nv /var/b 0711\n"}})) == "/var/b 0700 0 0\n");
}

TEST_CASE("lines that only adjust or relabel a path keep nothing from being a subvolume") {
  for (const std::string_view type : {"z", "Z", "t", "T", "h", "H", "a", "A", "m"}) {
    CAPTURE(type);
    CHECK(parse(concat(type, " /var/a\nv /var/a\n")) == "/var/a 0755 0 0\n");
  }
}

TEST_CASE("lines whose path is a pattern keep nothing from being a subvolume") {
  for (const std::string_view type : {"w", "e", "x", "X", "r", "R"}) {
    CAPTURE(type);
    CHECK(parse(concat(type, " /var/a\nv /var/a\n")) == "/var/a 0755 0 0\n");
  }
}

TEST_CASE("warnings name their own file and line") {
  CHECK(shown(parse_subvolume_list({{"/etc/tmpfiles.d/a.conf", "\nv x\n"}, {"/usr/lib/tmpfiles.d/b.conf", "v y\n"}})) ==
        "! /etc/tmpfiles.d/a.conf:2: path x is not absolute and free of \"..\", ignored\n"
        "! /usr/lib/tmpfiles.d/b.conf:1: path y is not absolute and free of \"..\", ignored\n");
}

TEST_CASE("below a path that another line makes no plain folder, a subvolume is left to systemd-tmpfiles") {
  for (const std::string_view other : {"L", "L+", "L?", "L!", "L+!$", "C", "C+", "f", "F", "p", "c", "b", "L-", "L="}) {
    CAPTURE(other);
    const std::string made = concat(other, " /var/a - - - - ../run\n");
    constexpr std::string_view inside = "v /var/a/x\nv /var/a/x/y\nv /var/ab/x\n";
    CHECK(parse(concat(made, inside)) == "/var/ab/x 0755 0 0\n");
    CHECK(parse(concat(inside, made)) == "/var/ab/x 0755 0 0\n");
    CHECK(parse(concat("d /var/a\n", made, "v /var/a/x\n")) == "/var/a/x 0755 0 0\n");
  }
  check({{"z /var/a\nv /var/a/x\n", "/var/a/x 0755 0 0\n"},
         {"d /var/a\nv /var/a/x\n", "/var/a/x 0755 0 0\n"},
         {"D /var/a\nq /var/a/x\n", "/var/a/x 0755 0 0\n"},
         {"L /var/a/x - - - - y\nv /var/a\nv /var/a/x/y\nv /var/a/y\n", "/var/a 0755 0 0\n/var/a/y 0755 0 0\n"},
         {"L /var - - - - /data\nv /var/a\n", "/var/a 0755 0 0\n"}});
}

TEST_CASE("a line below /var/run is one for /run") {
  check({{"v /var/run/app\n", ""},
         {"v /var//run/./app/x\nv %t/app\n", ""},
         {"v /var/runner\nv /var/lib/run/x\n", "/var/lib/run/x 0755 0 0\n/var/runner 0755 0 0\n"}});
}

}  // namespace aimee::test
