// What a created volume is like, and that nothing more happens to it.
#include <unistd.h>

#include <filesystem>

#include "harness/btrfs_volume.h"
#include "harness/doctest_main.h"
#include "harness/file_tree.h"
#include "harness/init_storage.h"
#include "harness/mounted.h"

using namespace looptest;

TEST_CASE("a blank disk becomes a committed volume with the image's /var") {
  for (unsigned sector_size : {512u, 4096u}) {
    CAPTURE(sector_size);
    const LoopDisk disk({.sector_size = sector_size});
    const SampleRoot root(disk.device());
    check_created(root, disk.device());
    CHECK(tool({"btrfs", "inspect-internal", "dump-super", disk.device()}).find("sectorsize\t\t4096\n") !=
          std::string::npos);
    const Mounted volume(disk.device(), "ro");
    CHECK(differences(root / "var", volume.path(), "/etc") == "");
    CHECK(volume.subvolumes() == std::vector<std::string>{"etc", "log", "tmp"});
  }
}

TEST_CASE("the second run finds the volume ready and writes nothing") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  check_created(root, disk.device());
  const std::uint64_t generation = Superblock::at(disk.device(), primary_superblock).generation();
  check_left_alone(root, "ready");
  CHECK(Superblock::at(disk.device(), primary_superblock).generation() == generation);
}

TEST_CASE("what the owner adds and removes stays so") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  check_created(root, disk.device());
  {
    const Mounted volume(disk.device());
    write_text(volume / "lib/hello/greeting", "changed\n");
    write_text(volume / "lib/added", "added\n");
    checked(unlink((volume / "log/boot.log").c_str()), "unlink");
  }
  check_left_alone(root, "ready");
  const Mounted volume(disk.device(), "ro");
  CHECK(read_text(volume / "lib/hello/greeting") == "changed\n");
  CHECK(read_text(volume / "lib/added") == "added\n");
  CHECK(access((volume / "log/boot.log").c_str(), F_OK) != 0);
}

TEST_CASE("two volumes get two UUIDs") {
  const LoopDisk first;
  const LoopDisk second;
  check_created(SampleRoot(first.device()), first.device());
  check_created(SampleRoot(second.device()), second.device());
  CHECK(Superblock::at(first.device(), primary_superblock).uuid() !=
        Superblock::at(second.device(), primary_superblock).uuid());
}

TEST_CASE("only the data volume and nothing of the image is touched") {
  const std::string label = random_name("aimee-");
  GptDisk disk({{"before", 32 * MiB}, {label, 160 * MiB}, {"after"}}, {.size = 256 * MiB});
  for (unsigned neighbour : {1u, 3u}) write_at(disk.partition(neighbour), 0, random_bytes(20 * MiB));
  const std::string start = disk.disk().read(0, 33 * MiB);
  const std::string end = disk.disk().read(193 * MiB, 63 * MiB);
  const SampleRoot root("PARTLABEL=" + label);
  const auto times = change_times(root.path());
  check_created(root, disk.partition(2));
  tool({"blockdev", "--flushbufs", disk.disk().device()});
  CHECK((disk.disk().read(0, 33 * MiB) == start));
  CHECK((disk.disk().read(193 * MiB, 63 * MiB) == end));
  CHECK(change_times(root.path()) == times);
}

TEST_CASE("JSON of a creation tells the volume") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  const Outcome outcome = init_storage(root, {"--json"});
  CHECK(outcome.exit == 0);
  CHECK(json(outcome, ".device") == disk.device());
  CHECK(json(outcome, ".size") == std::to_string(disk.size()));
  CHECK(json(outcome, ".state") == "blank");
  CHECK(json(outcome, ".action") == "create");
  CHECK(json(outcome, ".uuid") == Superblock::at(disk.device(), primary_superblock).uuid());
  CHECK(json(outcome, ".label") == final_label);
  CHECK(json(outcome, ".subvolumes") == R"(["/var/etc","/var/log","/var/tmp"])");
  CHECK(json(outcome, ".exit") == "0");
  CHECK(json(outcome, ".error") == "null");
}

TEST_CASE("the applet runs by its own name too") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  const TemporaryFolder folder;
  checked(symlink(std::filesystem::absolute(aimee()).c_str(), (folder / "init-storage").c_str()), "symlink");
  const Outcome outcome = run({folder / "init-storage", "--root", root.path()});
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  check_volume_is_ready(disk.device());
}

TEST_CASE("wrong arguments are wrong usage, and the disk is untouched") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  const Fingerprint before = disk.fingerprint();
  for (const Arguments& wrong : {Arguments{"--no-such-option"},
                                 {"--timeout"},
                                 {"--timeout", "soon"},
                                 {"--timeout", "-1"},
                                 {disk.device()},
                                 {"--dry-run=yes"},
                                 {"--root"},
                                 {""}}) {
    CAPTURE(wrong.front());
    const Outcome outcome = init_storage(root, wrong);
    CHECK(outcome.exit == 2);
    CHECK(outcome.err.starts_with("init-storage: "));
  }
  CHECK(disk.fingerprint() == before);
}

TEST_CASE("--help and --version do nothing else") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  const Fingerprint before = disk.fingerprint();
  for (const char* option : {"--help", "--version"}) {
    const Outcome outcome = init_storage(root, {option});
    CHECK(outcome.exit == 0);
    CHECK(outcome.out != "");
    CHECK(outcome.err == "");
  }
  CHECK(disk.fingerprint() == before);
}

TEST_CASE("a root that does not exist is no reason to touch the host") {
  const LoopDisk disk;
  const Outcome outcome = run({aimee(), "init-storage", "--root", run_folder() + "/no-such-root"});
  CHECK(outcome.exit == 3);
  CHECK(outcome.err.find("/no-such-root") != std::string::npos);
}

TEST_CASE("an image without a template makes a volume with the subvolumes alone") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  run({"rm", "-rf", root / "var"});
  SUBCASE("an empty /var") { root.folder("var"); }
  const Outcome outcome = init_storage(root);
  if (outcome.exit == 3) return;  // no /var at all may be refused, too
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  const Mounted volume(disk.device(), "ro");
  CHECK(volume.subvolumes() == std::vector<std::string>{"etc", "log", "tmp"});
}
