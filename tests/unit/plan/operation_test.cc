// Plans as values, and the words that dry run, log and progress use for them.
#include "plan/operation.h"

#include "harness/superblocks.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

std::string shown(const Plan& plan) {
  std::string text;
  for (const Operation& operation : plan) text += describe(operation) + "\n";
  return text;
}

VolumeState in_state(State state) { return {state, "", false, {}}; }

PlanInput input(VolumeState volume) {
  PlanInput input;
  input.volume = std::move(volume);
  input.subvolumes = {{"/var/log", 0755, "0", "0"}, {"/var/tmp", 01777, "root", "root"}};
  input.uuid = our_uuid();
  input.ready_label = "aimee-data";
  return input;
}

constexpr std::string_view whole_creation =
    "make btrfs with mkfs.btrfs: UUID 00010203-0405-8607-8809-61696d656501, label aimee-creating-1\n"
    "mount it at the staging mount point with the default options\n"
    "create subvolume log for /var/log, mode 0755, owner 0:0\n"
    "create subvolume tmp for /var/tmp, mode 01777, owner root:root\n"
    "copy the image's /var to the top level, keeping the files' labels\n"
    "write everything to the disk\n"
    "commit: set the label to aimee-data\n"
    "unmount it and empty the disk's cache\n";

}  // namespace

TEST_CASE("a blank or an unfinished volume is made, and committed last") {
  CHECK(shown(make_plan(input(in_state(State::blank)))) == whole_creation);
  CHECK(shown(make_plan(input(in_state(State::unfinished)))) == whole_creation);
}

TEST_CASE("old superblock copies are erased before anything else") {
  VolumeState blank = in_state(State::blank);
  blank.old_copies = {first_copy, second_copy};
  CHECK(shown(make_plan(input(blank))) ==
        concat("erase old btrfs superblock copies at 64.0 MiB 256 GiB\n", whole_creation));
}

TEST_CASE("the backup of an old partition table is erased before anything else") {
  VolumeState blank = in_state(State::blank);
  blank.old_table = true;
  CHECK(shown(make_plan(input(blank))) == concat("erase the backup of an old partition table\n", whole_creation));
}

TEST_CASE("a volume with a reset token is erased before it is made anew") {
  CHECK(
      shown(make_plan(input(in_state(State::reset_armed)))) ==
      concat("erase the whole volume: superblock copies, discard, overwrite, read back, token last\n", whole_creation));
}

TEST_CASE("a volume that only a request has armed gets the token before anything is erased") {
  VolumeState armed = in_state(State::reset_armed);
  armed.resettable = Resettable{our_uuid()};
  armed.token_to_write = "aimee-reset-1:x";
  const Plan plan = make_plan(input(armed));
  MUST(plan.size() > 2);
  const auto* write = std::get_if<WriteToken>(&plan[0]);
  MUST(write != nullptr);
  CHECK(write->token == "aimee-reset-1:x");
  CHECK(write->superblock == superblock_offsets[0]);
  CHECK(std::holds_alternative<EraseVolume>(plan[1]));
}

TEST_CASE("where fstab has subvol=, everything goes into that subvolume, made first with /var's own line") {
  PlanInput with_subvolume = input(in_state(State::blank));
  with_subvolume.options = {"compress=zstd:3,ssd", "system/@var"};
  with_subvolume.policy = "default";
  CHECK(shown(make_plan(with_subvolume)) ==
        "make btrfs with mkfs.btrfs: UUID 00010203-0405-8607-8809-61696d656501, label aimee-creating-1\n"
        "mount it at the staging mount point with compress=zstd:3,ssd\n"
        "create subvolume system/@var for /var, mode 0755, owner 0:0\n"
        "create subvolume system/@var/log for /var/log, mode 0755, owner 0:0\n"
        "create subvolume system/@var/tmp for /var/tmp, mode 01777, owner root:root\n"
        "copy the image's /var to system/@var, with the labels of policy default\n"
        "write everything to the disk\n"
        "commit: set the label to aimee-data\n"
        "unmount it and empty the disk's cache\n");
}

TEST_CASE("without a subvolume list only the copy is made") {
  PlanInput plain = input(in_state(State::blank));
  plain.subvolumes.clear();
  const Plan plan = make_plan(plain);
  for (const Operation& operation : plan) CHECK_FALSE(std::holds_alternative<CreateSubvolume>(operation));
  CHECK(plan.size() == 6);
}

TEST_CASE("the label says creating until the commit, which is followed by nothing that writes") {
  const Plan plan = make_plan(input(in_state(State::blank)));
  MUST(plan.size() == 8);
  const auto* make = std::get_if<MakeFilesystem>(&plan.front());
  MUST(make != nullptr);
  CHECK(make->label == creating_label);
  CHECK(make->uuid == our_uuid());
  CHECK(std::holds_alternative<SyncFilesystem>(plan[5]));
  const auto* commit = std::get_if<CommitLabel>(&plan[6]);
  MUST(commit != nullptr);
  CHECK(commit->label == committed_label);
  CHECK(std::holds_alternative<UnmountStaging>(plan[7]));
}

TEST_CASE("a ready volume needs nothing") {
  VolumeState ready = in_state(State::ready);
  CHECK(shown(make_plan(input(ready))) == "");
  ready.old_copies = {first_copy};
  CHECK(shown(make_plan(input(ready))) == "");
}

TEST_CASE("a ready volume with stale copies is committed once more, to the label that is there") {
  VolumeState ready = in_state(State::ready);
  ready.copies_are_stale = true;
  PlanInput stale = input(ready);
  stale.ready_label = "my disk";
  stale.options.staging = "ssd";
  CHECK(shown(make_plan(stale)) ==
        "mount it at the staging mount point with ssd\n"
        "commit: set the label to my disk\n"
        "unmount it and empty the disk's cache\n");
}

TEST_CASE("a ready volume that was torn in a write of its superblock is mended, and nothing else") {
  VolumeState torn = in_state(State::ready);
  torn.superblock_is_torn = true;
  CHECK(shown(make_plan(input(torn))) == "write the checksum of the superblock that is there\n");
}

TEST_CASE("there is no plan for what may be somebody's") {
  for (const State state : {State::existing, State::foreign, State::damaged}) {
    CAPTURE(state_name(state));
    VolumeState volume = in_state(state);
    volume.copies_are_stale = true;
    volume.superblock_is_torn = true;
    volume.old_copies = {first_copy};
    CHECK(shown(make_plan(input(volume))) == "");
  }
}

TEST_CASE("a link of udev's that leads elsewhere is put right last, whether or not there is anything else to do") {
  const PreferLink link{"/dev/disk/by-partlabel/aimee-data", "/dev/vda3"};
  constexpr std::string_view line = "make udev's link /dev/disk/by-partlabel/aimee-data lead to /dev/vda3\n";
  for (const State state : {State::ready, State::existing}) {
    PlanInput misled = input(in_state(state));
    misled.misled = link;
    CHECK(shown(make_plan(misled)) == line);
  }
  PlanInput blank = input(in_state(State::blank));
  blank.misled = link;
  CHECK(shown(make_plan(blank)) == concat(whole_creation, line));
  for (const State state : {State::foreign, State::damaged}) {
    PlanInput refused = input(in_state(state));
    refused.misled = link;
    CHECK(shown(make_plan(refused)) == "");
  }
}

TEST_CASE("every operation is described in one printable line") {
  struct Row {
    Operation operation;
    std::string_view text;
  };
  const Row rows[] = {
      {WriteToken{superblock_offsets[0], "x"}, "write the reset token into the superblock"},
      {WriteToken{first_copy, "x"}, "write the reset token into the superblock, made from the copy at 64.0 MiB"},
      {EraseVolume{true},
       "erase the whole volume: superblock copies, discard, overwrite only where a volume is recognised, read back, "
       "token last"},
      {EraseVolume{}, "erase the whole volume: superblock copies, discard, overwrite, read back, token last"},
      {EraseOldRemains{{first_copy}}, "erase old btrfs superblock copies at 64.0 MiB"},
      {EraseOldRemains{{}, true}, "erase the backup of an old partition table"},
      {EraseOldRemains{{first_copy}, true},
       "erase old btrfs superblock copies at 64.0 MiB and the backup of an old partition table"},
      {MakeFilesystem{plain_uuid(), "x"},
       "make btrfs with mkfs.btrfs: UUID 00010203-0405-0607-0809-0a0b0c0d0e0f, label x"},
      {MountStaging{""}, "mount it at the staging mount point with the default options"},
      {MountStaging{"a=\n"}, R"(mount it at the staging mount point with a=\x0a)"},
      {CreateSubvolume{{"/var/a\nb", 0700, "u\x1b", "g\t"}, "a\nb"},
       R"(create subvolume a\x0ab for /var/a\x0ab, mode 0700, owner u\x1b:g\x09)"},
      {CreateSubvolume{{"/var/x", 0, "5", "6"}, "x"}, "create subvolume x for /var/x, mode 00, owner 5:6"},
      {CopyTemplate{"", ""}, "copy the image's /var to the top level, keeping the files' labels"},
      {CopyTemplate{"@\xff", "a\n"}, R"(copy the image's /var to @\xff, with the labels of policy a\x0a)"},
      {SyncFilesystem{}, "write everything to the disk"},
      {CommitLabel{"aimee-data"}, "commit: set the label to aimee-data"},
      {CommitLabel{"\n"}, R"(commit: set the label to \x0a)"},
      {UnmountStaging{}, "unmount it and empty the disk's cache"},
      {PreferLink{"/dev/disk/by-partlabel/a\\x20b\n", "/dev/vda3"},
       R"(make udev's link /dev/disk/by-partlabel/a\x5cx20b\x0a lead to /dev/vda3)"},
  };
  for (const Row& row : rows) CHECK(describe(row.operation) == row.text);
}

}  // namespace aimee::test
