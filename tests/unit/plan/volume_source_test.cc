// The /var line of fstab: the device it names, and the options it is mounted with.
#include "plan/volume_source.h"

#include "harness/test.h"

namespace aimee::test {

namespace {

using Kind = VolumeSource::Kind;

constexpr std::string_view advice = "name the partition instead: PARTLABEL=, PARTUUID= or a path below /dev";

std::string file_system_refusal(std::string_view source) {
  return concat("refused: /etc/fstab: /var is on ", source,
                ", which names a file system, and a blank volume has none yet; ", advice);
}

std::string no_device_refusal(std::string_view source) {
  return concat("refused: /etc/fstab: /var is on ", source, ", which is no device; ", advice);
}

}  // namespace

TEST_CASE("partitions by label or UUID, and paths, name the device") {
  struct Row {
    std::string_view source;
    Kind kind;
    std::string_view value;
  };
  const Row rows[] = {
      {"PARTLABEL=aimee-data", Kind::partition_label, "aimee-data"},
      {"PARTLABEL=\"aimee data\"", Kind::partition_label, "aimee data"},
      {"PARTLABEL='aimee data'", Kind::partition_label, "aimee data"},
      {"PARTLABEL=\"half", Kind::partition_label, "\"half"},
      {"PARTLABEL=\"mixed'", Kind::partition_label, "\"mixed'"},
      {"PARTLABEL=\"", Kind::partition_label, "\""},
      {"PARTLABEL=Case Is Kept", Kind::partition_label, "Case Is Kept"},
      {"PARTLABEL=a=b", Kind::partition_label, "a=b"},
      {"PARTLABEL=a\\x20b", Kind::partition_label, "a\\x20b"},  // escapes are the link's, not the tag's
      {"PARTUUID=0FC63DAF-8483-4772-8E79-3D69D8477DE4", Kind::partition_uuid, "0fc63daf-8483-4772-8e79-3d69d8477de4"},
      {"PARTUUID=\"ABCD-02\"", Kind::partition_uuid, "abcd-02"},
      {"/dev/disk/by-partlabel/aimee-data", Kind::partition_label, "aimee-data"},
      {"/dev/disk/by-partlabel/aimee\\x20data", Kind::partition_label, "aimee data"},
      {"/dev/disk/by-partuuid/ABCD-02", Kind::partition_uuid, "abcd-02"},
      {"/dev/mmcblk0p3", Kind::path, "/dev/mmcblk0p3"},
      {"/dev/mapper/data", Kind::path, "/dev/mapper/data"},
      {"/dev/disk/by-id/ata-Disk_1-part3", Kind::path, "/dev/disk/by-id/ata-Disk_1-part3"},
      {"/dev/disk/by-path/pci-0000:00:1f.2", Kind::path, "/dev/disk/by-path/pci-0000:00:1f.2"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.source);
    const auto source = parse_volume_source("/etc/fstab", row.source);
    CHECK(told(source) == "done");
    if (!source) continue;
    CHECK(source->kind == row.kind);
    CHECK(source->value == row.value);
  }
}

TEST_CASE("udev's escapes in a link's name are undone, and what only looks like one stays") {
  struct Row {
    std::string_view name;
    std::string_view label;
  };
  const Row rows[] = {
      {"\\x20", " "},         {"a\\x2fb", "a/b"},         {"\\x5cx20", "\\x20"}, {"tail\\x2", "tail\\x2"},
      {"tail\\x", "tail\\x"}, {"tail\\", "tail\\"},       {"\\xzz", "\\xzz"},    {"\\x2z", "\\x2z"},
      {"\\040", "\\040"},     {"\\xc3\\xa4", "\xc3\xa4"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const auto source = parse_volume_source("/etc/fstab", concat("/dev/disk/by-partlabel/", row.name));
    CHECK(told(source) == "done");
    if (source) CHECK(source->value == row.label);
  }
}

TEST_CASE("what names a file system cannot name a blank volume") {
  for (const std::string_view source :
       {"UUID=4f3c9d3e-1111-2222-3333-444444444444", "LABEL=aimee-data", "UUID=", "LABEL=\"a\"",
        "/dev/disk/by-uuid/4f3c9d3e-1111-2222-3333-444444444444", "/dev/disk/by-label/aimee-data"}) {
    CAPTURE(source);
    CHECK(told(parse_volume_source("/etc/fstab", source)) == file_system_refusal(source));
  }
}

TEST_CASE("what names no device is refused") {
  for (const std::string_view source :
       {"", "tmpfs", "none", "overlay", "//server/share", "server:/export", "dev/vda3", "/var.img", "/dev", "ID=x",
        "partlabel=aimee-data", "PARTLABEL", "PARTLABEL aimee"}) {
    CAPTURE(source);
    CHECK(told(parse_volume_source("/etc/fstab", source)) == no_device_refusal(source));
  }
}

TEST_CASE("a refusal shows bytes that are not printable as escapes") {
  CHECK(told(parse_volume_source("/etc/fstab", "LABEL=a\x1b[2J\n")) == file_system_refusal(R"(LABEL=a\x1b[2J\x0a)"));
  CHECK(told(parse_volume_source("/etc/fstab", "\xff")) == no_device_refusal(R"(\xff)"));
}

TEST_CASE("a refusal names the file that was read") {
  CHECK(told(parse_volume_source("/tmp/image/etc/fstab", "tmpfs")).starts_with("refused: /tmp/image/etc/fstab: "));
}

TEST_CASE("an empty label or UUID names no partition") {
  for (const std::string_view source : {"PARTLABEL=", "PARTLABEL=\"\"", "PARTUUID=", "PARTUUID=''",
                                        "/dev/disk/by-partlabel/", "/dev/disk/by-partuuid/"}) {
    CAPTURE(source);
    const auto parsed = parse_volume_source("/etc/fstab", source);
    CHECK_FALSE(parsed.has_value());
    if (!parsed) CHECK(parsed.error().outcome == Outcome::refused);
  }
}

TEST_CASE("a source is named in messages as fstab would") {
  CHECK(source_text({Kind::partition_label, "aimee-data"}) == "PARTLABEL=aimee-data");
  CHECK(source_text({Kind::partition_label, "a\nb"}) == R"(PARTLABEL=a\x0ab)");
  CHECK(source_text({Kind::partition_uuid, "abcd-02"}) == "PARTUUID=abcd-02");
  CHECK(source_text({Kind::path, "/dev/vda3"}) == "/dev/vda3");
  CHECK(source_text({Kind::path, "/dev/\xff"}) == R"(/dev/\xff)");
}

TEST_CASE("btrfs's options go to the staging mount, without those that would spoil it") {
  struct Row {
    std::string_view options;
    std::string_view staging;
    std::string_view subvolume;
  };
  const Row rows[] = {
      {"", "", ""},
      {"compress=zstd:3", "compress=zstd:3", ""},
      {"compress=zstd:3,ssd,commit=5", "compress=zstd:3,ssd,commit=5", ""},
      {",,compress=lzo,,", "compress=lzo", ""},
      {"ro", "", ""},
      {"rw,compress=lzo", "compress=lzo", ""},
      {"subvol=@var", "", "@var"},
      {"subvol=/@var/", "", "@var"},
      {"subvol=system//./var", "", "system/var"},
      {"subvol=/", "", ""},
      {"subvol=", "", ""},
      {"subvol", "", ""},
      {"subvol=a,compress=lzo,subvol=b", "compress=lzo", "b"},
      {"subvolid=5", "", ""},
      {"subvolid=0", "", ""},
      {"subvolid=5,subvol=@var", "", "@var"},
      {"context=system_u:object_r:var_t:s0,ssd", "ssd", ""},
      {"fscontext=a,defcontext=b,rootcontext=c,seclabel", "", ""},
      {"rescue=all,recovery,usebackuproot,nologreplay,norecovery,degraded", "", ""},
      {R"(context="system_u:object_r:var_t:s0:c1,c2",compress=zstd)", "compress=zstd", ""},
      {R"(compress=zstd,defcontext="a:b:c:s0:c1,c2,c3",ssd)", "compress=zstd,ssd", ""},
      {R"(rootcontext="a,ro",fscontext="b,c",commit=5)", "commit=5", ""},
      {R"(subvol=a\,b,ssd)", "ssd", "a,b"},
      {R"(subvol="a,b",ssd)", "ssd", "a,b"},
      {R"(subvol="/with blank/",compress="zstd:3")", "compress=zstd:3", "with blank"},
      {R"(subvol=a\b)", "", R"(a\b)"},
      {R"(subvolid="5",ssd)", "ssd", ""},
      {R"(x\,subvol=a,ssd)", "ssd", ""},
      {R"(device="/dev/a,b",device=/dev/c)", "device=/dev/c", ""},  // the kernel would part it at the comma
      {"compress=,ssd", "compress=,ssd", ""},
      {"rescued,subvolume=x,ross", "rescued,subvolume=x,ross", ""},  // names are compared whole
  };
  for (const Row& row : rows) {
    CAPTURE(row.options);
    const auto options = parse_volume_options("/etc/fstab", row.options);
    CHECK(told(options) == "done");
    if (!options) continue;
    CHECK(options->staging == row.staging);
    CHECK(options->subvolume == row.subvolume);
  }
}

TEST_CASE("options that cannot serve a volume that is made anew are refused") {
  constexpr std::string_view numbers = ", but numbers of subvolumes are not known before they are made; use subvol=";
  for (const std::string_view option : {"subvolid=256", "subvolid=", "subvolid", "subvolid=5x", "subvolid=-1"}) {
    CAPTURE(option);
    CHECK(told(parse_volume_options("/etc/fstab", concat("ssd,", option))) ==
          concat("refused: /etc/fstab: /var has the option ", option, numbers));
  }
  for (const std::string_view options : {R"(context="a:b:c,ssd)", R"(")", R"(subvol="a)"}) {
    CAPTURE(options);
    CHECK(told(parse_volume_options("/etc/fstab", options)) ==
          concat("refused: /etc/fstab: /var has the option ", options, ", with a quote that is not closed"));
  }
  for (const std::string_view option : {"subvol=../other", "subvol=..", "subvol=@var/../../x"}) {
    CAPTURE(option);
    CHECK(told(parse_volume_options("/etc/fstab", concat(option, ",ssd"))) ==
          concat("refused: /etc/fstab: /var has the option ", option, ", which is no path inside the volume"));
  }
}

}  // namespace aimee::test
