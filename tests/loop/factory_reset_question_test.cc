// factory-reset in front of a person: the page, the typed word, and a volume that nobody has mounted, erased at once.
#include "harness/doctest_main.h"
#include "harness/reset.h"
#include "harness/terminal.h"

using namespace looptest;

namespace {

Arguments command(const SampleRoot& root, const Arguments& more = {}) {
  Arguments all{aimee(), "factory-reset", "--root", root.path()};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

constexpr std::string_view question = "Type ERASE to go on: ";

}  // namespace

TEST_CASE("the person sees what will be lost, types ERASE, and the mounted volume is armed") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  const SampleRoot root(disk.device());
  const Mounted volume(disk.device());
  const NothingLeft nothing_left;
  Terminal terminal(command(root));
  REQUIRE_MESSAGE(terminal.expect(question), terminal.screen());
  for (const std::string& text : {disk.device(), std::string("256 MiB"), std::string(" used"), uuid_of(disk),
                                  "mounted at " + volume.path(), std::string("on flash, overwriting")})
    CHECK_MESSAGE(terminal.screen().find(text) != std::string::npos, "\"" << text << "\" not in " << terminal.screen());
  CHECK(label_of(disk) == final_label);
  terminal.type("ERASE\n");
  const Outcome outcome = terminal.finish();
  CHECK_MESSAGE(outcome.exit == 0, outcome.out);
  CHECK(outcome.out.find("armed: the next boot erases it") != std::string::npos);
  CHECK(label_of(disk) == token_of(disk));
}

TEST_CASE("anything but ERASE, Ctrl-C and Ctrl-D change nothing") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  const SampleRoot root(disk.device());
  struct Row {
    std::string keys;
    int exit;
    std::string says;
  };
  for (const bool mounted : {false, true}) {
    const std::unique_ptr<Mounted> volume(mounted ? new Mounted(disk.device(), "ro") : nullptr);
    const Fingerprint before = disk.fingerprint();
    for (const Row& row :
         {Row{"erase\n", 3, "nothing was changed"}, Row{"\n", 3, "nothing was changed"},
          Row{"ERASE it\n", 3, "nothing was changed"}, Row{"yes\n", 3, "nothing was changed"},
          Row{"\x04", 3, "nothing was changed"}, Row{"ERASE\x03", 1, "interrupted; nothing was changed"}}) {
      CAPTURE(row.keys);
      const NothingLeft nothing_left;
      Terminal terminal(command(root));
      REQUIRE_MESSAGE(terminal.expect(question), terminal.screen());
      CHECK_FALSE(disk.locked());  // udev need not wait for a person
      terminal.type(row.keys);
      const Outcome outcome = terminal.finish();
      CHECK_MESSAGE(outcome.exit == row.exit, outcome.out);
      CHECK_MESSAGE(outcome.out.find(row.says) != std::string::npos, outcome.out);
      CHECK(disk.fingerprint() == before);
    }
  }
}

TEST_CASE("in an emergency shell the unmounted volume is erased at once, and proven so") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  const SampleRoot root(disk.device());
  const NothingLeft nothing_left;
  Terminal terminal(command(root));
  REQUIRE_MESSAGE(terminal.expect(question), terminal.screen());
  CHECK(terminal.screen().find("not mounted: erased at once") != std::string::npos);
  terminal.type("ERASE\n");
  const Outcome outcome = terminal.finish();
  CHECK_MESSAGE(outcome.exit == 0, outcome.out);
  CHECK(outcome.out.find("read back 256 MiB: zeros; no signature, no superblock copy") != std::string::npos);
  CHECK_FALSE(holds(disk, secret));
  check_nothing_is_found(disk);
  check_created(root, disk.device());
}

TEST_CASE("a volume that became another while the person thought is refused") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  const SampleRoot root(disk.device());
  Terminal terminal(command(root));
  REQUIRE_MESSAGE(terminal.expect(question), terminal.screen());
  make_ready(disk.device(), "somebody else's");
  const Fingerprint before = disk.fingerprint();
  terminal.type("ERASE\n");
  const Outcome outcome = terminal.finish();
  CHECK_MESSAGE(outcome.exit == 3, outcome.out);
  CHECK(outcome.out.find("was changed by somebody else meanwhile: refusing to erase") != std::string::npos);
  CHECK(disk.fingerprint() == before);
}

TEST_CASE("a volume that was mounted while the person thought is refused") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  const SampleRoot root(disk.device());
  Terminal terminal(command(root));
  REQUIRE_MESSAGE(terminal.expect(question), terminal.screen());
  const Mounted volume(disk.device(), "ro");
  terminal.type("ERASE\n");
  const Outcome outcome = terminal.finish();
  CHECK_MESSAGE(outcome.exit == 3, outcome.out);
  CHECK(outcome.out.find("is in use") != std::string::npos);
  CHECK(label_of(disk) == final_label);
}

TEST_CASE("a damaged volume is erased by the UUID of its valid copy, which the person is shown") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  const std::string uuid = uuid_of(disk);
  disk.fill(primary_superblock, superblock_size, '\0');
  const SampleRoot root(disk.device());
  CHECK(init_storage(root).err.find("to erase it on purpose: factory-reset, or aimee.factory_reset=" +
                                    uuid.substr(0, 8)) != std::string::npos);
  Terminal terminal(command(root));
  REQUIRE_MESSAGE(terminal.expect(question), terminal.screen());
  CHECK(terminal.screen().find(uuid) != std::string::npos);
  CHECK(terminal.screen().find("a valid copy at 64.0 MiB") != std::string::npos);
  terminal.type("ERASE\n");
  const Outcome outcome = terminal.finish();
  CHECK_MESSAGE(outcome.exit == 0, outcome.out);
  CHECK_FALSE(holds(disk, secret));
  check_nothing_is_found(disk);
}

TEST_CASE("a damaged volume whose copy is not aimee's is refused with the ways out") {
  const LoopDisk disk;
  make_btrfs(disk.device(), "pool");
  disk.fill(primary_superblock, superblock_size, '\0');
  check_reset_refused(SampleRoot(disk.device()), {"--yes"},
                      {"btrfs rescue super-recover", "refusing to erase", "wipefs -a " + disk.device()});
}
