// Factory resets as values: from facts to plans and refusals.
#include "plan/reset_plan.h"

#include "harness/facts.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

constexpr std::string_view token = "aimee-reset-1:00010203-0405-8607-8809-61696d656501:1073741824:SERIAL1";

std::string shown(const Result<ResetPlan>& plan) {
  if (!plan) return told(plan);
  std::string text;
  for (const ResetOperation& operation : *plan) text += describe(operation) + "\n";
  return text;
}

ResetFacts seen(const VolumeFacts& volume, std::vector<std::string> mount_points = {}) {
  ResetFacts facts;
  facts.device = "/dev/vda3";
  facts.disk = "/dev/vda";
  facts.model = "QEMU\tDISK";
  facts.host = "kiosk";
  facts.identity = volume.device;
  facts.volume = classify(volume);
  const Superblock primary = volume.superblocks[0].value_or(Superblock{});
  facts.superblock = primary;
  facts.mount_points = std::move(mount_points);
  return facts;
}

VolumeFacts damaged() {
  VolumeFacts facts = zeros();
  facts.head = Fill::data;
  facts.superblocks[1] = ours("aimee-data");
  return facts;
}

VolumeFacts asked(VolumeFacts facts) {
  facts.request = request_for(our_uuid());
  return facts;
}

const std::string set_token = concat("set the label of the volume mounted at /var, /mnt to ", token, "\n");
constexpr std::string_view enable = "enable factory-reset.service, which erases during shutdown, until the next boot\n";
constexpr std::string_view erase =
    "erase the whole volume: superblock copies, discard, overwrite, read back, token last\n";

}  // namespace

TEST_CASE("a mounted volume is armed, the unit enabled, the system rebooted") {
  const ResetFacts facts = seen(volume(ours("my disk")), {"/var", "/mnt"});
  CHECK(shown(plan_reset(facts, {})) == concat("remember the label my disk for --cancel\n", set_token,
                                               "remember not to be quick for the shutdown\n", enable, "reboot\n"));
  CHECK(shown(plan_reset(facts, {.quick = true, .units = true, .reboot = false})) ==
        concat("remember the label my disk for --cancel\n", set_token, "remember to be quick for the shutdown\n",
               enable));
  CHECK(shown(plan_reset(facts, {.units = false, .reboot = false})) ==
        concat("remember the label my disk for --cancel\n", set_token));
}

TEST_CASE("one that is armed already keeps its token and what is remembered") {
  CHECK(shown(plan_reset(seen(volume(ours(token)), {"/var"}), {.units = false})) == "reboot\n");
}

TEST_CASE("an old token that is not valid is no label to go back to") {
  CHECK(shown(plan_reset(seen(volume(ours("aimee-reset-1:x")), {"/var", "/mnt"}), {.units = false, .reboot = false})) ==
        concat("remember the label aimee-data for --cancel\n", set_token));
}

TEST_CASE("a volume that is not mounted is erased at once, the token first") {
  CHECK(shown(plan_reset(seen(volume(ours("aimee-data"))), {.reboot = false})) ==
        concat("write the reset token into the superblock\n", erase));
  CHECK(shown(plan_reset(seen(volume(ours(token))), {})) == concat(erase, "reboot\n"));
  CHECK(shown(plan_reset(seen(damaged()), {.quick = true, .reboot = false})) ==
        "write the reset token into the superblock, made from the copy at 64.0 MiB\n"
        "erase the whole volume: superblock copies, discard, overwrite only where a volume is recognised, read back, "
        "token last\n");
}

TEST_CASE("what cannot be reset is refused with a reason and a way out") {
  constexpr std::string_view zeroing =
      "; to erase it on purpose: wipefs -a /dev/vda3 && dd if=/dev/zero of=/dev/vda3 bs=1M count=16 conv=fsync";
  CHECK(shown(plan_reset(seen(zeros()), {})) == "refused: /dev/vda3: is blank: there is nothing to erase");
  CHECK(
      shown(plan_reset(seen(volume(others("home"))), {})) ==
      concat(R"(refused: /dev/vda3: holds btrfs (label "home") that aimee did not make: refusing to erase)", zeroing));
  CHECK(shown(plan_reset(seen(volume(newer("aimee-data"))), {})) ==
        "refused: /dev/vda3: holds the data volume of a newer aimee, but a newer aimee's or not alone: refusing to "
        "erase");
  CHECK(shown(plan_reset(seen(volume(ours("aimee-creating-1"))), {})) ==
        "refused: /dev/vda3: holds an aimee volume whose creation was cut short: nothing of an owner's is on it; "
        "init-storage starts over");
  CHECK(shown(plan_reset(seen(with(zeros(), [](auto& f) { f.signatures = {{"ext4", "home"}}; })), {})) ==
        concat(R"(refused: /dev/vda3: holds ext4 (label "home"): refusing to erase)", zeroing));
}

TEST_CASE("the shutdown unit erases what has a valid token and is not mounted, and nothing else") {
  CHECK(shown(plan_erasure(seen(volume(ours(token))), false)) == erase);
  CHECK(shown(plan_erasure(seen(volume(torn(ours(token)))), false)) == erase);
  CHECK(shown(plan_erasure(seen(volume(ours(token)), {"/var"}), false)) ==
        "refused: /dev/vda3: is mounted at /var: refusing to erase; unmount it first");
  CHECK(shown(plan_erasure(seen(volume(ours("aimee-data"))), false)) ==
        "refused: /dev/vda3: holds the data volume and is not armed: refusing to erase");
  CHECK(shown(plan_erasure(seen(asked(volume(ours("aimee-data")))), false)).starts_with("refused: "));
  CHECK(shown(plan_erasure(seen(volume(ours("aimee-reset-1:x"))), false)) ==
        "refused: /dev/vda3: holds the data volume and has a reset token that is for another volume, another device or "
        "another version: the reset token on it is not obeyed: it is not complete: refusing to erase");
}

TEST_CASE("cancelling puts the remembered label back") {
  CHECK(shown(plan_cancellation(seen(volume(ours(token)), {"/var"}), "my disk", true)) ==
        "set the label of the volume mounted at /var to my disk\n"
        "disable factory-reset.service\n"
        "forget the remembered label\n");
  CHECK(shown(plan_cancellation(seen(volume(ours(token))), "", false)) ==
        "write the label aimee-data into the superblocks\n"
        "forget the remembered label\n");
  CHECK(shown(plan_cancellation(seen(volume(ours("aimee-data"))), "", true)) == "");
  CHECK(shown(plan_cancellation(seen(zeros()), "", true)) == "");
  CHECK(shown(plan_cancellation(seen(volume(torn(ours(token)))), "", true)) ==
        "refused: /dev/vda3: cannot be saved any more: its erasure has begun");
  CHECK(shown(plan_cancellation(seen(asked(volume(ours("aimee-data")))), "", true)) ==
        "refused: /dev/vda3: is armed by the kernel command line: take aimee.factory_reset=00010203 off it");
}

TEST_CASE("who arms a volume") {
  CHECK(armed_by(seen(volume(ours("aimee-data")))) == "no");
  CHECK(armed_by(seen(volume(ours(token)))) == "token");
  CHECK(armed_by(seen(asked(volume(ours("aimee-data"))))) == "command-line");
  CHECK(armed_by(seen(zeros())) == "no");
}

TEST_CASE("the page shows what will be lost, and nothing that drives a terminal") {
  CHECK(reset_page(seen(volume(ours("aimee-data")), {"/var"})) ==
        "  device  /dev/vda3 on /dev/vda\n"
        "  model   QEMU\\x09DISK\n"
        "  serial  SERIAL1\n"
        "  size    1.0 GiB, 0 B used\n"
        "  volume  holds the data volume, UUID 00010203-0405-8607-8809-61696d656501\n"
        "  host    kiosk\n"
        "  state   mounted at /var: erased while the system goes down, or at the next boot\n");
  CHECK(reset_page(seen(damaged())).ends_with("  state   not mounted: erased at once\n"));
}

}  // namespace aimee::test
