// The /var line of a test tree's fstab. Each is read in a child, since lines that cannot be parsed are logged.
#include "storage/fstab.h"

#include <unistd.h>

#include "base/log.h"
#include "harness/child.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

struct Read {
  std::string result;  // "KIND VALUE [STAGING] [SUBVOLUME]", or the error
  std::string log;
};

std::string shown(const Result<FstabVolume>& volume) {
  if (!volume) return told(volume);
  return concat(source_text(volume->source), " [", volume->options.staging, "] [", volume->options.subvolume, "]");
}

Read read_from(const std::string& root) {
  const Ended ended = run_in_child([&] {
    set_log_name("test");
    const std::string text = shown(read_fstab_volume(root));
    return write(STDOUT_FILENO, text.data(), text.size()) < 0 ? 1 : 0;
  });
  CHECK(ended.exit == 0);
  return {ended.out, ended.err};
}

Read read_content(const TemporaryFolder& root, std::string_view content) {
  root.file("etc/fstab", content);
  return read_from(root.path());
}

// The result for a file with nothing but this line.
std::string line(std::string_view text) {
  const TemporaryFolder root;
  const Read read = read_content(root, concat(text, "\n"));
  CHECK(read.log == "");
  const std::string path = root / "etc/fstab";
  std::string result = read.result;
  const std::size_t at = result.find(path);
  return at == std::string::npos ? result : result.replace(at, path.size(), "FSTAB");
}

constexpr std::string_view example = "PARTLABEL=aimee-data /var btrfs defaults 0 0";

}  // namespace

TEST_CASE("the /var line gives source, btrfs's own options and the subvolume") {
  EMULATION_LACKS("openat2");
  struct Row {
    std::string_view text;
    std::string_view volume;
  };
  const Row rows[] = {
      {example, "PARTLABEL=aimee-data [] []"},
      {"PARTLABEL=aimee-data /var btrfs", "PARTLABEL=aimee-data [] []"},
      {"PARTLABEL=aimee-data /var auto defaults", "PARTLABEL=aimee-data [] []"},
      {"/dev/vda3\t/var\tbtrfs\tdefaults\t0\t2", "/dev/vda3 [] []"},
      {"PARTUUID=ABCD-02 /var btrfs compress=zstd:3,noatime,ssd 0 0", "PARTUUID=abcd-02 [compress=zstd:3,ssd] []"},
      {"/dev/vda3 /var btrfs "
       "rw,nosuid,nodev,noexec,nofail,noauto,x-systemd.device-timeout=5,_netdev,user,discard=async",
       "/dev/vda3 [discard=async] []"},
      {"/dev/vda3 /var btrfs subvol=@var,compress=lzo", "/dev/vda3 [compress=lzo] [@var]"},
      {"/dev/vda3 /var/ btrfs", "/dev/vda3 [] []"},
      {"/dev/vda3 //var btrfs", "/dev/vda3 [] []"},
      {"PARTLABEL=aimee\\040data /var btrfs", "PARTLABEL=aimee data [] []"},
      {"PARTLABEL=\"aimee-data\" /var btrfs", "PARTLABEL=aimee-data [] []"},
      {"/dev/disk/by-partlabel/aimee\\x20data /var btrfs", "PARTLABEL=aimee data [] []"},
      {"/dev/disk/by-partlabel/aimee\\134x20data /var btrfs", "PARTLABEL=aimee data [] []"},
      {"  /dev/vda3  /var  btrfs  ", "/dev/vda3 [] []"},
      {"/dev/vda3 /./var/. btrfs", "/dev/vda3 [] []"},
      {"/dev/vda3 /var btrfs defaults 0 0 # after all fields", "/dev/vda3 [] []"},
      {R"(PARTLABEL=a\043b /var btrfs)", R"(PARTLABEL=a\x5c043b [] [])"},  // systemd undoes no other escapes
      {R"(PARTLABEL=a\\b /var btrfs)", R"(PARTLABEL=a\x5cb [] [])"},
      {R"(PARTLABEL='aimee\040data' /var btrfs)", "PARTLABEL=aimee data [] []"},
      {R"(/dev/vda3 /var btrfs context="system_u:object_r:var_t:s0:c1,c2",compress=zstd)",
       "/dev/vda3 [compress=zstd] []"},
      {R"(/dev/vda3 /var btrfs comment="a,ro,b",x-systemd.requires="a,b",x-aimee=c,ssd)", "/dev/vda3 [ssd] []"},
      {R"(/dev/vda3 /var btrfs noatime,subvol=a\,b,nofail)", "/dev/vda3 [] [a,b]"},
      {R"(/dev/vda3 /var btrfs subvol=a\134,b)", "/dev/vda3 [] [a,b]"},
      {R"(/dev/vda3 /var btrfs subvol=a\040b,users,uid=0)", "/dev/vda3 [uid=0] [a b]"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(line(row.text) == row.volume);
  }
}

TEST_CASE("other lines and comments do not matter") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  const Read read = read_content(root,
                                 "# /var is below\n\n"
                                 "/dev/vda1 / squashfs ro 0 0\n"
                                 "tmpfs /var/tmp tmpfs defaults 0 0\n"
                                 "/dev/vda4 /varnish ext4 defaults 0 0\n"
                                 "/dev/vda5 none swap sw 0 0\n"
                                 "   # PARTLABEL=old /var btrfs defaults 0 0\n"
                                 "PARTLABEL=aimee-data /var btrfs defaults 0 0\n");
  CHECK(read.result == "PARTLABEL=aimee-data [] []");
  CHECK(read.log == "");
}

TEST_CASE("a file system of another type is refused") {
  EMULATION_LACKS("openat2");
  for (const std::string_view type : {"ext4", "xfs", "tmpfs", "none", "btrfs2", "BTRFS", "swap"}) {
    CAPTURE(type);
    CHECK(line(concat("/dev/vda3 /var ", type, " defaults")) ==
          concat("refused: FSTAB: mounts /var as ", type, ", but the data volume is btrfs; write btrfs there"));
  }
}

TEST_CASE("a source or an option that cannot serve is refused with the file's name") {
  EMULATION_LACKS("openat2");
  CHECK(line("LABEL=data /var btrfs defaults")
            .starts_with("refused: FSTAB: /var is on LABEL=data, which names a file system"));
  CHECK(line("tmpfs /var auto defaults").starts_with("refused: FSTAB: /var is on tmpfs, which is no device"));
  CHECK(line("/dev/vda3 /var btrfs subvolid=256")
            .starts_with("refused: FSTAB: /var has the option subvolid=256, but numbers"));
  CHECK(line("/dev/vda3 /var btrfs subvol=../x")
            .starts_with("refused: FSTAB: /var has the option subvol=../x, which is no path"));
}

TEST_CASE("a file without a line for /var is refused, and the message has one to write") {
  EMULATION_LACKS("openat2");
  const std::string expected = concat("refused: FSTAB: has no line for /var; add one like \"", example, "\"");
  for (const std::string_view text : {"", "# nothing", "/dev/vda1 / ext4 defaults", "/dev/vda3 /var/log btrfs defaults",
                                      "/dev/vda3 /variable btrfs defaults", "/dev/vda3 none btrfs defaults"}) {
    CAPTURE(text);
    CHECK(line(text) == expected);
  }
}

TEST_CASE("two lines for /var are refused") {
  EMULATION_LACKS("openat2");
  const std::string expected = "refused: FSTAB: has more than one line for /var; keep one of lines 1 and 2";
  CHECK(line("/dev/vda3 /var btrfs\n/dev/vda4 /var btrfs") == expected);
  CHECK(line("/dev/vda3 /var btrfs\n/dev/vda3 /var btrfs") == expected);
  CHECK(line("/dev/vda3 /var/ btrfs\noverlay /var overlay lowerdir=/a") == expected);
}

TEST_CASE("a line that cannot be parsed is a warning and stops nothing else") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  const Read read = read_content(root, "junk\n/dev/vda3 /var btrfs defaults 0 0\nmore-junk\n");
  CHECK(read.result == "/dev/vda3 [] []");
  CHECK(read.log == concat("test: ", root / "etc/fstab", ":1: cannot be parsed, ignored\ntest: ", root / "etc/fstab",
                           ":3: cannot be parsed, ignored\n"));
}

TEST_CASE("a /var line that cannot be parsed is no line for /var") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  const Read read = read_content(root, "PARTLABEL=aimee-data\n");
  CHECK(read.result.ends_with(concat("has no line for /var; add one like \"", example, "\"")));
  CHECK(read.log == concat("test: ", root / "etc/fstab", ":1: cannot be parsed, ignored\n"));
}

TEST_CASE("a /var line that mount(8) would pass over is named, with what to do") {
  EMULATION_LACKS("openat2");
  constexpr std::string_view comment =
      "has more than options and two numbers; put a comment on a line of its own; write it "
      "like \"PARTLABEL=aimee-data /var btrfs defaults 0 0\"";
  for (const std::string_view text : {"/dev/vda3 /var btrfs defaults # data", "/dev/vda3 /var btrfs # data",
                                      "/dev/vda3 /var/ btrfs defaults 0 # data"}) {
    CAPTURE(text);
    CHECK(line(text) == concat("refused: FSTAB:1: ", comment));
    CHECK(line(concat("# first\n\n", text)) == concat("refused: FSTAB:3: ", comment));
  }
  CHECK(line("/dev/vda3 /var").starts_with("refused: FSTAB:1: has no type of a file system; write it like "));
  CHECK(line(R"(/dev/vda3 /var btrfs context="a,b)") ==
        R"(refused: FSTAB: /var has the option context="a,b, with a quote that is not closed)");
}

TEST_CASE("a file that does not exist is refused") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  CHECK(read_from(root.path()).result ==
        concat("refused: ", root / "etc/fstab", ": does not exist; write one with \"", example, "\""));
  root.folder("etc");
  CHECK(read_from(root.path()).result.starts_with("refused: "));
}

TEST_CASE("a fstab that is a link leads to a file of the image") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  root.file("usr/share/fstab", concat(example, "\n"));
  root.link("etc/fstab", "/usr/share/fstab");
  CHECK(read_from(root.path()).result == "PARTLABEL=aimee-data [] []");
}

TEST_CASE("a file that cannot be opened is a failure") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  root.link("etc/fstab", "fstab");
  CHECK(read_from(root.path()).result == with_errno(concat("failed: ", root / "etc/fstab", ": open"), ELOOP));
}

}  // namespace aimee::test
