// Which devices a volume has, from what each says of itself.
#include "plan/volume_devices.h"

#include "harness/superblocks.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

const DeviceIdentity identity{1ULL << 30, "SERIAL1"};

VolumeDevice device(std::string path, std::uint64_t id, std::uint64_t count, std::uint64_t generation = 7) {
  VolumeDevice made{.device = std::move(path), .number = id, .superblock = parsed(our_uuid(), "aimee-data")};
  made.superblock.device_id = id;
  made.superblock.device_count = count;
  made.superblock.generation = generation;
  return made;
}

VolumeDevice in_use(VolumeDevice device) {
  device.in_use = true;
  return device;
}

std::string shown(const Doubt& doubt) {
  constexpr std::string_view kinds[] = {"none", "missing", "beside", "unsure"};
  return doubt.kind == Doubt::Kind::none
             ? "none"
             : concat(kinds[static_cast<std::size_t>(doubt.kind)], ": ", doubt.what, "; ", doubt.remedy);
}

constexpr std::string_view not_part =
    " says that it belongs to the volume, and it does not (a copy, or taken out of it); ";

}  // namespace

TEST_CASE("there is no doubt where as many devices say so as there are, each another one of them") {
  CHECK(shown(doubt_about(device("/dev/a", 1, 1), {})) == "none");
  CHECK(shown(doubt_about(device("/dev/a", 1, 2), {device("/dev/b", 2, 2)})) == "none");
  CHECK(shown(doubt_about(device("/dev/b", 2, 2), {device("/dev/a", 1, 2)})) == "none");
  CHECK(shown(doubt_about(device("/dev/a", 5, 3), {device("/dev/b", 2, 3), device("/dev/c", 9, 3)})) == "none");
  CHECK(shown(doubt_about(in_use(device("/dev/a", 1, 2)), {in_use(device("/dev/b", 2, 2, 90))})) == "none");
}

TEST_CASE("a cut between two superblocks of one transaction leaves no doubt") {
  CHECK(shown(doubt_about(device("/dev/a", 1, 2, 7), {device("/dev/b", 2, 2, 8)})) == "none");
  CHECK(shown(doubt_about(device("/dev/a", 1, 2, 8), {device("/dev/b", 2, 2, 7)})) == "none");
  CHECK(shown(doubt_about(device("/dev/a", 1, 1, 7), {device("/dev/b", 2, 2, 8)})) == "none");  // when b was added
}

TEST_CASE("a device that is missing") {
  CHECK(shown(doubt_about(device("/dev/a", 1, 2), {})) ==
        "missing: has 2 devices, of which 1 is missing (/dev/a is device 1); attach what is missing, or erase what is "
        "here on purpose: wipefs -a /dev/a");
  CHECK(shown(doubt_about(device("/dev/a", 1, 4), {device("/dev/c", 3, 4)}))
            .starts_with("missing: has 4 devices, of which 2 are missing (/dev/a is device 1, /dev/c 3); "));
  CHECK(shown(doubt_about(in_use(device("/dev/a", 1, 2)), {})).starts_with("missing: "));
}

TEST_CASE("when nothing but the token is left on the named device, the others were erased before") {
  VolumeDevice named = device("/dev/a", 1, 3);
  named.superblock.begun = true;
  named.superblock.intact = false;
  CHECK(shown(doubt_about(named, {})) == "none");
  CHECK(shown(doubt_about(named, {device("/dev/b", 2, 3)})) == "none");
  CHECK(shown(doubt_about(named, {device("/dev/b", 2, 3), device("/dev/c", 2, 3)})).starts_with("unsure: "));
}

TEST_CASE("two that say to be the same device") {
  CHECK(shown(doubt_about(device("/dev/a", 1, 2), {device("/dev/b", 2, 2), device("/dev/c", 2, 2)})) ==
        "unsure: its device 2 is there twice, /dev/b and /dev/c; detach the one that is a copy");
  CHECK(shown(doubt_about(device("/dev/a", 1, 2), {device("/dev/c", 1, 2), device("/dev/b", 2, 2)})) ==
        "unsure: its device 1 is there twice, /dev/a and /dev/c; detach the one that is a copy");
  CHECK(shown(doubt_about(in_use(device("/dev/a", 1, 2)), {in_use(device("/dev/b", 2, 2)), device("/dev/c", 2, 2)}))
            .starts_with("unsure: its device 2 is there twice, /dev/b and /dev/c"));
}

TEST_CASE("one that was taken out of the volume, or is of another time") {
  const std::string stranger = concat("unsure: /dev/b", not_part, "detach it, or wipe it: wipefs -a /dev/b");
  CHECK(shown(doubt_about(device("/dev/a", 1, 2, 90), {device("/dev/b", 2, 2, 7)})) == stranger);
  CHECK(shown(doubt_about(device("/dev/a", 1, 2, 8), {device("/dev/b", 2, 2, 7), device("/dev/c", 3, 2, 8)})) ==
        stranger);
  CHECK(shown(doubt_about(in_use(device("/dev/a", 1, 2)), {device("/dev/b", 2, 2), in_use(device("/dev/c", 3, 2))})) ==
        stranger);
  const std::string named = concat("unsure: /dev/a", not_part, "name the right device in fstab");
  CHECK(shown(doubt_about(device("/dev/a", 1, 2, 7), {device("/dev/b", 2, 2, 90)})) == named);
  CHECK(shown(doubt_about(device("/dev/a", 1, 2, 7), {device("/dev/b", 2, 1, 8)})) == named);  // when a was taken out
  CHECK(shown(doubt_about(device("/dev/a", 1, 2), {in_use(device("/dev/b", 2, 2))})) == named);
}

TEST_CASE("a replacement that is under way") {
  CHECK(shown(doubt_about(device("/dev/a", 1, 1), {device("/dev/b", 0, 1)})) ==
        "unsure: /dev/b is being made one of its devices by btrfs replace; let that end first");
  CHECK(shown(doubt_about(in_use(device("/dev/a", 1, 2)),
                          {in_use(device("/dev/b", 0, 2)), in_use(device("/dev/c", 2, 2))}))
            .starts_with("unsure: /dev/b is being made"));
}

TEST_CASE("a copy beside a volume of one device leaves that one known") {
  CHECK(shown(doubt_about(device("/dev/a", 1, 1), {device("/dev/b", 1, 1)})) ==
        "beside: its device 1 is there twice, /dev/a and /dev/b; detach the one that is a copy");
  CHECK(shown(doubt_about(in_use(device("/dev/a", 1, 1)), {device("/dev/b", 1, 1)})).starts_with("beside: "));
  CHECK(shown(doubt_about(device("/dev/a", 1, 1, 90), {device("/dev/b", 2, 2, 7)})).starts_with("beside: /dev/b says"));
  CHECK(shown(doubt_about(device("/dev/a", 1, 1), {in_use(device("/dev/b", 1, 1))})).starts_with("unsure: "));
  CHECK_FALSE(doubt_about(device("/dev/a", 1, 1), {device("/dev/b", 1, 1)}).forbids_erasing());
}

TEST_CASE("a seed") {
  VolumeDevice seed = device("/dev/a", 1, 1);
  seed.superblock.seeding = true;
  CHECK(shown(doubt_about(seed, {})) ==
        "unsure: is a seed: other volumes may have grown from it, and have what it has; make it a volume of its own "
        "again: btrfstune -S 0");
  CHECK(doubt_about(seed, {}).forbids_erasing());
}

TEST_CASE("a token that reached another device only arms, unless that one missed the cancelling") {
  const VolumeDevice named = device("/dev/a", 1, 2, 7);
  VolumeDevice other = device("/dev/b", 2, 2, 8);
  CHECK_FALSE(is_armed_elsewhere(named.superblock, identity, {other}));
  CHECK(flaw_of(other, named.superblock, identity) == Flaw::none);
  other.superblock.label = reset_token(our_uuid(), identity);
  CHECK(is_armed_elsewhere(named.superblock, identity, {other}));
  CHECK_FALSE(is_armed_elsewhere(named.superblock, {2ULL << 30, "SERIAL1"}, {other}));
  other.superblock.generation = 7;
  CHECK_FALSE(is_armed_elsewhere(named.superblock, identity, {other}));
  CHECK(flaw_of(other, named.superblock, identity) == Flaw::old_token);
  other.superblock.label = "aimee-data";
  other.torn = true;
  CHECK(flaw_of(other, named.superblock, identity) == Flaw::torn);
}

}  // namespace aimee::test
