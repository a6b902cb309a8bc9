// aimee.factory_reset=UUID on the kernel command line: obeyed at the next boot for exactly that volume, and spent by
// the reset itself.
#include <string>
#include <utility>
#include <vector>

#include "harness/doctest_main.h"
#include "harness/reset.h"

using namespace looptest;

namespace {

std::string argument(const std::string& uuid) { return "aimee.factory_reset=" + uuid; }

std::string upper_case(std::string text) {
  for (char& letter : text) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return text;
}

void check_reset(const LoopDisk& disk) {
  const std::string uuid = uuid_of(disk);
  const SampleRoot root(disk.device());
  const Outcome plan = init_storage(root, {"--dry-run", "--json"});
  CHECK(json(plan, ".state") == "reset-armed");
  CHECK(json(plan, ".plan[0]").starts_with("write the reset token into the superblock"));
  CHECK(json(plan, ".plan[1]").starts_with("erase the whole volume"));
  CHECK(holds(disk, secret));
  const Outcome outcome = init_storage(root);
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  CHECK(outcome.err.find("erased: read back 256 MiB: zeros; no signature, no superblock copy") != std::string::npos);
  check_volume_is_ready(disk.device());
  CHECK(uuid_of(disk) != uuid);
  CHECK_FALSE(holds(disk, secret));
  // The argument is still there, and spent.
  check_left_alone(root, "ready");
}

}  // namespace

TEST_CASE("the volume that the argument names is erased and made anew, once") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  const std::string uuid = uuid_of(disk);
  // A subcase's name must not hold the UUID, which is another one in every run.
  const std::vector<std::pair<const char*, std::string>> ways = {{"whole", uuid},
                                                                 {"in capitals", upper_case(uuid)},
                                                                 {"its first group", uuid.substr(0, 8)},
                                                                 {"its first two groups", uuid.substr(0, 13)}};
  for (const auto& [way, value] : ways) {
    SUBCASE(way) {
      const KernelCommandLine line(argument(value));
      check_reset(disk);
    }
  }
  SUBCASE("without dashes, quoted, the last of two") {
    std::string digits = uuid;
    std::erase(digits, '-');
    const KernelCommandLine line("aimee.factory_reset=00000000 \"aimee.factory-reset=" + digits + "\"");
    check_reset(disk);
  }
}

TEST_CASE("every boot logs the argument that erases the volume") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  const Outcome outcome = init_storage(SampleRoot(disk.device()));
  CHECK(outcome.err.find("UUID " + uuid_of(disk)) != std::string::npos);
  CHECK(outcome.err.find(argument(uuid_of(disk).substr(0, 8)) + " erases it") != std::string::npos);
}

TEST_CASE("an argument that names no volume here, or is none, does nothing") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  const SampleRoot root(disk.device());
  const std::string uuid = uuid_of(disk);
  SUBCASE("another volume's") {
    const KernelCommandLine line(argument("00000000-1111-8222-8333-61696d656501"));
    check_left_alone(root, "ready");
  }
  SUBCASE("inside another argument") {
    const KernelCommandLine line("note=\"please " + argument(uuid) + " soon\"");
    check_left_alone(root, "ready");
  }
  const std::vector<std::pair<const char*, std::string>> malformed = {{"too short", uuid.substr(0, 7)},
                                                                      {"empty", ""},
                                                                      {"no UUID", "yes"},
                                                                      {"too long", uuid + "00"},
                                                                      {"ends in a dash", uuid.substr(0, 8) + "-"},
                                                                      {"no hexadecimal digit", uuid + "g"}};
  for (const auto& [fault, value] : malformed) {
    SUBCASE(fault) {
      const KernelCommandLine line(argument(value));
      check_left_alone(root, "ready");
      const Outcome outcome = init_storage(root);
      CHECK_MESSAGE(outcome.err.find("aimee.factory_reset=") != std::string::npos, outcome.err);
      CHECK_MESSAGE(outcome.err.find(": ignored") != std::string::npos, outcome.err);
    }
  }
  CHECK(marker_says(disk.device(), secret));
}

TEST_CASE("what is not ours, or not ours alone, is not erased by its UUID") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  SUBCASE("existing") {
    make_btrfs(disk.device(), "pool");
    const KernelCommandLine line(argument(uuid_of(disk)));
    check_left_alone(root, "existing");
    CHECK(init_storage(root).err.find("not obeyed: aimee did not make this volume") != std::string::npos);
  }
  SUBCASE("a newer aimee's") {
    make_btrfs(disk.device(), final_label, our_uuid(2));
    const KernelCommandLine line(argument(uuid_of(disk)));
    check_left_alone(root, "ready");
  }
  SUBCASE("ours beside another signature") {
    make_ready(disk.device());
    const LoopDisk other;
    tool({"mkfs.ext4", "-q", other.device()});
    disk.write(1024, other.read(1024, 1024));
    const KernelCommandLine line(argument(uuid_of(disk)));
    check_left_alone(root, "ready");
  }
  SUBCASE("a foreign file system over our copy") {
    make_ready(disk.device());
    const KernelCommandLine line(argument(uuid_of(disk)));
    const std::string copy = disk.read(second_superblock, superblock_size);
    tool({"mkfs.ext4", "-q", "-F", "-L", "home", disk.device()});
    disk.fill(primary_superblock, superblock_size, '\0');
    disk.write(second_superblock, copy);
    check_refused(root, disk.device(), {"holds ext4", "asks for its reset, which is not obeyed"});
  }
  SUBCASE("mounted") {
    make_ready(disk.device(), secret);
    const KernelCommandLine line(argument(uuid_of(disk)));
    const Mounted volume(disk.device(), "ro");
    check_refused(root, disk.device(), {"is in use"});
  }
}

TEST_CASE("a damaged volume is erased by the UUID of its valid copy") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  const std::string uuid = uuid_of(disk);
  SUBCASE("primary gone") { disk.fill(primary_superblock, superblock_size, '\0'); }
  SUBCASE("primary torn") { disk.fill(primary_superblock + 1024, 512, 'x'); }
  const SampleRoot root(disk.device());
  check_refused(root, disk.device(), {"no valid btrfs superblock", argument(uuid.substr(0, 8))});
  {
    const KernelCommandLine line(argument("00000000"));
    check_refused(root, disk.device(), {"no valid btrfs superblock"});
  }
  const KernelCommandLine line(argument(uuid.substr(0, 8)));
  CHECK(json(init_storage(root, {"--dry-run", "--json"}), ".plan[0]").ends_with("made from the copy at 64.0 MiB"));
  check_created(root, disk.device());
  CHECK_FALSE(holds(disk, secret));
  check_left_alone(root, "ready");
}

TEST_CASE("cut short at any write, it is armed without the argument, or not begun") {
  NEEDS("strace");
  const LoopDisk disk({.size = 128 * MiB});
  const SampleRoot root(disk.device());
  for (const bool damaged : {false, true}) {
    for (unsigned nth = 1; nth <= 4; ++nth) {
      CAPTURE(damaged);
      CAPTURE(nth);
      make_ready(disk.device(), secret);
      const std::string uuid = uuid_of(disk);
      if (damaged) disk.fill(primary_superblock, superblock_size, '\0');
      {
        const KernelCommandLine line(argument(uuid));
        CHECK(killed_at("pwrite64", nth, init_storage_command(root)));
      }
      const std::string state = json(init_storage(root, {"--dry-run", "--json"}), ".state");
      const bool begun = !Superblock::at(disk.device(), second_superblock).valid();
      if (begun) CHECK_MESSAGE((state == "reset-armed" || state == "blank" || state == "unfinished"), state);
      if (!begun && state != "reset-armed") {
        CHECK(state == (damaged ? "damaged" : "ready"));
        if (!damaged) CHECK(marker_says(disk.device(), secret));
        continue;
      }
      check_created(root, disk.device());
      CHECK_FALSE(holds(disk, secret));
    }
  }
}
