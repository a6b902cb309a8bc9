// Volumes that exist: left alone when they are ready or somebody's, started over when ours is unfinished.
#include "harness/btrfs_volume.h"
#include "harness/doctest_main.h"
#include "harness/init_storage.h"
#include "harness/mounted.h"
#include "harness/signatures.h"

using namespace looptest;

TEST_CASE("a ready volume is left alone") {
  const LoopDisk disk;
  make_ready(disk.device());
  const SampleRoot root(disk.device());
  const Outcome outcome = check_left_alone(root, "ready");
  CHECK(json(outcome, ".label") == final_label);
  CHECK(json(outcome, ".uuid") == Superblock::at(disk.device(), primary_superblock).uuid());
  CHECK(json(outcome, ".plan") == "[]");
}

TEST_CASE("a ready volume on 4096-byte sectors is left alone") {
  const LoopDisk disk({.sector_size = 4096});
  make_ready(disk.device());
  check_left_alone(SampleRoot(disk.device()), "ready");
}

TEST_CASE("a ready volume stays ready under a label of its owner's") {
  for (const char* label : {"my data", "", "aimee", "aimee-creating", "aimee-creating-x", "Aimee-creating-1"}) {
    CAPTURE(label);
    const LoopDisk disk;
    make_ready(disk.device());
    tool({"btrfs", "filesystem", "label", disk.device(), label});
    check_left_alone(SampleRoot(disk.device()), "ready");
    CHECK(marker_says(disk.device(), "kept"));
  }
}

TEST_CASE("a ready volume is left alone where nobody may write it") {
  LoopDisk disk;
  make_ready(disk.device());
  disk.attach_again(true);
  check_left_alone(SampleRoot(disk.device()), "ready");
}

TEST_CASE("a ready volume that is mounted is left alone") {
  const LoopDisk disk;
  make_ready(disk.device());
  const SampleRoot root(disk.device());
  const Mounted volume(disk.device());
  const Outcome outcome = init_storage(root, {"--json"});
  CHECK(outcome.exit == 0);
  CHECK(json(outcome, ".state") == "ready");
  CHECK(read_text(volume / "marker") == "kept");
}

TEST_CASE("a ready volume is found without the privilege to mount: the everyday boot mounts nothing") {
  NEEDS("setpriv");
  const LoopDisk disk;
  make_ready(disk.device());
  const SampleRoot root(disk.device());
  Arguments command{"setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"};
  for (const std::string& argument : init_storage_command(root)) command.push_back(argument);
  const Outcome outcome = run(command);
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
}

TEST_CASE("a btrfs that somebody else made is left alone, and the message says so") {
  const LoopDisk disk;
  make_btrfs(disk.device(), "pool");
  const SampleRoot root(disk.device());
  const Outcome outcome = check_left_alone(root, "existing");
  CHECK(outcome.err.starts_with("init-storage: " + disk.device() + ": "));
  CHECK(outcome.err.find("btrfs") != std::string::npos);
  CHECK(outcome.err.find("pool") != std::string::npos);
}

TEST_CASE("a btrfs that somebody else made is left alone whatever its label, checksum or version of UUID") {
  const LoopDisk disk;
  SUBCASE("our label") { make_btrfs(disk.device(), final_label); }
  SUBCASE("our creating label") { make_btrfs(disk.device(), creating_label); }
  SUBCASE("xxhash checksums") { tool({"mkfs.btrfs", "-q", "--csum", "xxhash", disk.device()}); }
  SUBCASE("SHA-256 checksums") { tool({"mkfs.btrfs", "-q", "--csum", "sha256", disk.device()}); }
  SUBCASE("our mark in a UUID of another version") {
    std::string uuid = our_uuid();
    uuid[14] = '4';
    make_btrfs(disk.device(), creating_label, uuid);
  }
  check_left_alone(SampleRoot(disk.device()), "existing");
}

TEST_CASE("a btrfs that somebody else made is left alone while it is mounted") {
  const LoopDisk disk;
  make_btrfs(disk.device(), "pool");
  const Mounted volume(disk.device());
  const Outcome outcome = init_storage(SampleRoot(disk.device()), {"--json"});
  CHECK(outcome.exit == 0);
  CHECK(json(outcome, ".state") == "existing");
}

TEST_CASE("a btrfs that somebody else made is left alone whatever its files look like") {
  const LoopDisk disk;
  make_btrfs(disk.device(), "pool");
  write_md_1(disk, 0);  // in free space
  check_left_alone(SampleRoot(disk.device()), "existing");
}

TEST_CASE("a newer aimee's volume is left alone") {
  const LoopDisk disk;
  SUBCASE("committed") { make_btrfs(disk.device(), final_label, our_uuid(2)); }
  SUBCASE("under a label of its owner's") { make_btrfs(disk.device(), "aimee-creating", our_uuid(2)); }
  const SampleRoot root(disk.device());
  const Fingerprint before = disk.fingerprint();
  const Outcome outcome = init_storage(root, {"--json"});
  CHECK(outcome.exit == 0);
  CHECK(json(outcome, ".action") == "none");
  CHECK(init_storage(root).exit == 0);
  CHECK(disk.fingerprint() == before);
}

TEST_CASE("a newer aimee's creation that was cut short is refused, with what to do") {
  const LoopDisk disk;
  SUBCASE("newer in all") { make_btrfs(disk.device(), "aimee-creating-2", our_uuid(2)); }
  SUBCASE("our label, a newer UUID") { make_btrfs(disk.device(), creating_label, our_uuid(2)); }
  SUBCASE("a label of a newer version") { make_btrfs(disk.device(), "aimee-creating-2", our_uuid()); }
  SUBCASE("a label of a much newer version") { make_btrfs(disk.device(), "aimee-creating-10", our_uuid()); }
  SUBCASE("torn") {
    make_btrfs(disk.device(), "aimee-creating-2", our_uuid(2));
    disk.write(primary_superblock + 1000, "broken");
  }
  SUBCASE("in mkfs's temporary state") {
    make_btrfs(disk.device(), "aimee-creating-2", our_uuid(2));
    disk.write(primary_superblock, Superblock::at(disk.device(), primary_superblock).with_temporary_magic().bytes());
  }
  const SampleRoot root(disk.device());
  check_refused(root, disk.device(),
                {"holds a volume of a newer aimee, whose creation was cut short", "boot the newer image"});
  erase_as_advised(init_storage(root));
  check_created(root, disk.device());
}

TEST_CASE("a seed device is left alone, and everybody is told that it can only be read") {
  NEEDS("btrfstune");
  const LoopDisk disk;
  SUBCASE("ours") { make_ready(disk.device()); }
  SUBCASE("another's") { make_btrfs(disk.device(), "pool"); }
  tool({"btrfstune", "-S", "1", disk.device()});
  const SampleRoot root(disk.device());
  const std::string warning = disk.device() + " is a seed device of btrfs: it can only be read";
  const Fingerprint before = disk.fingerprint();
  const Outcome outcome = init_storage(root);
  CHECK(outcome.exit == 0);
  CHECK(outcome.err.find("is a seed device of btrfs: it can only be read") != std::string::npos);
  CHECK(run_applet("status", {"--root", root.path()}).out.find(warning) != std::string::npos);
  CHECK(disk.fingerprint() == before);
  tool({"btrfstune", "-f", "-S", "0", disk.device()});
  CHECK(init_storage(root).err.find("seed") == std::string::npos);
}

TEST_CASE("an unfinished creation is started over") {
  const LoopDisk disk;
  const std::string uuid = our_uuid();
  make_btrfs(disk.device(), creating_label, uuid);
  {
    const Mounted volume(disk.device());
    write_text(volume / "half a copy", "hal");
  }
  const SampleRoot root(disk.device());
  const Outcome dry = init_storage(root, {"--dry-run", "--json"});
  CHECK(json(dry, ".state") == "unfinished");
  CHECK(json(dry, ".action") == "create");
  check_created(root, disk.device());
  CHECK(Superblock::at(disk.device(), primary_superblock).uuid() != uuid);
  const Mounted volume(disk.device(), "ro");
  CHECK(differences(root / "var", volume.path(), "/etc") == "");
}

TEST_CASE("an unfinished creation in mkfs's temporary state is started over") {
  const LoopDisk disk;
  make_btrfs(disk.device(), creating_label, our_uuid());
  const Superblock whole = Superblock::at(disk.device(), primary_superblock);
  disk.write(primary_superblock, whole.with_temporary_magic().bytes());
  SUBCASE("with copies") {}
  SUBCASE("without copies") { disk.write(second_superblock, std::string(superblock_size, '\0')); }
  SUBCASE("with copies in the temporary state") {
    disk.write(second_superblock, Superblock::at(disk.device(), second_superblock).with_temporary_magic().bytes());
  }
  const SampleRoot root(disk.device());
  CHECK(json(init_storage(root, {"--dry-run", "--json"}), ".state") == "unfinished");
  check_created(root, disk.device());
}

TEST_CASE("somebody else's mkfs in its temporary state is refused") {
  const LoopDisk disk;
  make_btrfs(disk.device(), "pool");
  disk.write(primary_superblock, Superblock::at(disk.device(), primary_superblock).with_temporary_magic().bytes());
  check_refused(SampleRoot(disk.device()), disk.device(), {});
}

TEST_CASE("an unfinished creation that somebody has mounted is refused") {
  const LoopDisk disk;
  make_btrfs(disk.device(), creating_label, our_uuid());
  const SampleRoot root(disk.device());
  {
    const Mounted volume(disk.device());
    const Outcome outcome = init_storage(root);
    CHECK(outcome.exit == 3);
    check_message(outcome, disk.device(), {"in use"});
    write_text(volume / "still writable", "yes");
  }
  check_created(root, disk.device());
}

TEST_CASE("an unfinished creation on a read-only device is refused") {
  LoopDisk disk;
  make_btrfs(disk.device(), creating_label, our_uuid());
  disk.attach_again(true);
  check_refused(SampleRoot(disk.device()), disk.device(), {"read-only"});
}

TEST_CASE("an unfinished creation beside somebody's signature or data is refused") {
  const LoopDisk disk;
  make_btrfs(disk.device(), creating_label, our_uuid());
  SUBCASE("a swap signature") { disk.write(4096 - 10, "SWAPSPACE2"); }
  SUBCASE("ext4's magic") { disk.write(1024 + 56, "\x53\xef"); }
  SUBCASE("bytes at the start") { disk.write(0, "somebody's boot loader"); }
  check_refused(SampleRoot(disk.device()), disk.device(), {});
}

TEST_CASE("a commit that did not reach the copies is finished with all data kept") {
  const LoopDisk disk;
  make_btrfs(disk.device(), creating_label, our_uuid());
  const std::string creating = Superblock::at(disk.device(), second_superblock).bytes();
  {
    const Mounted volume(disk.device());
    write_text(volume / "marker", "kept");
  }
  tool({"btrfs", "filesystem", "label", disk.device(), std::string(final_label)});
  disk.write(second_superblock, creating);
  const SampleRoot root(disk.device());
  const Fingerprint before = disk.fingerprint();
  const Outcome dry = init_storage(root, {"--dry-run", "--json"});
  CHECK(dry.exit == 0);
  CHECK(json(dry, ".action") == "finish");
  CHECK(disk.fingerprint() == before);
  const Outcome outcome = init_storage(root);
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  check_volume_is_ready(disk.device());
  CHECK(marker_says(disk.device(), "kept"));
  check_left_alone(root, "ready");
}
