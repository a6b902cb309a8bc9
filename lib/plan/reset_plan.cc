// Decisions of a factory reset; pure.
#include "plan/reset_plan.h"

#include <algorithm>

#include "base/text.h"
#include "plan/refusal.h"
#include "plan/reset_token.h"

namespace aimee {

namespace {

constexpr std::string_view refusing = "refusing to erase";

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};

bool has_token(const ResetFacts& facts) {
  return facts.volume.state == State::reset_armed && facts.volume.token_to_write.empty();
}

// A token that is not for this volume on this device, or not for this version, is a label like any other.
std::string why_not_armed(const ResetFacts& facts) {
  if (!facts.superblock.label.starts_with(reset_token_prefix)) return "is not armed";
  return concat("has a reset token that is for another volume, another device or another version: ",
                facts.volume.not_obeyed);
}

Error nothing_to_reset(const ResetFacts& facts) {
  const VolumeState& volume = facts.volume;
  switch (volume.state) {
    case State::blank:
      return refusal(facts.device, "is blank: there is nothing to erase").error();
    case State::unfinished:
      return refusal(facts.device, concat(volume.found, ": nothing of an owner's is on it; init-storage starts over"))
          .error();
    case State::ready:
      return refusal(facts.device, concat(volume.found, ", but a newer aimee's or not alone: ", refusing)).error();
    default:
      return refusal_of(volume, facts.device, refusing);
  }
}

std::unexpected<Error> refuse_in_doubt(const ResetFacts& facts) {
  return std::unexpected(
      refusal_of(facts.doubt, facts.device, refusing, has_token(facts) ? "factory-reset --cancel" : ""));
}

std::string token_for(const ResetFacts& facts) { return reset_token(facts.volume.resettable->uuid, facts.identity); }

ResetPlan arming_plan(const ResetFacts& facts, const ResetChoice& choice) {
  ResetPlan plan;
  // The label of a volume that is armed already is the token, and what it was before is remembered.
  if (!has_token(facts)) {
    const bool old_token = facts.superblock.label.starts_with(reset_token_prefix);
    plan.emplace_back(RememberLabel{old_token ? std::string(committed_label) : facts.superblock.label});
    plan.emplace_back(SetMountedLabel{facts.mount_points, token_for(facts),
                                      concat("boot once with ", kernel_argument(facts.volume.resettable->uuid),
                                             " on the kernel command line, which erases it all the same")});
  }
  if (choice.units) {
    plan.emplace_back(RememberQuick{choice.quick});
    plan.emplace_back(EnableShutdownUnit{});
  }
  if (choice.reboot) plan.emplace_back(Reboot{});
  return plan;
}

ResetPlan plan_of_erasing(const ResetFacts& facts, const ResetChoice& choice) {
  ResetPlan plan;
  if (!has_token(facts)) plan.emplace_back(WriteToken{facts.volume.resettable->superblock, token_for(facts)});
  plan.emplace_back(EraseVolume{choice.quick, paths_of(facts.others)});
  if (choice.reboot) plan.emplace_back(Reboot{});
  return plan;
}

std::string known(const std::string& text) { return text.empty() ? "unknown" : printable(text); }

std::string device_rows(const VolumeDevice& device) {
  return concat("  device  ", device.device, " on ", device.disk, "\n",  //
                "  model   ", known(device.model), "\n",                 //
                "  serial  ", known(device.identity.serial), "\n",       //
                "  size    ", human_size(device.identity.size));
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += concat(text.empty() ? "" : ", ", printable(part));
  return text;
}

}  // namespace

std::string describe(const ResetOperation& operation) {
  return std::visit(
      Overloaded{
          [](const RememberLabel& remember) {
            return concat("remember the label ", printable(remember.label), " for --cancel");
          },
          [](const RememberQuick& remember) {
            return concat("remember ", remember.quick ? "" : "not ", "to be quick for the shutdown");
          },
          [](const SetMountedLabel& set) {
            return concat("set the label of the volume mounted at ", joined(set.mount_points), " to ",
                          printable(set.label));
          },
          [](const SetUnmountedLabel& set) {
            std::string text = concat("write the label ", printable(set.label), " into the superblocks");
            for (const std::string& other : set.others) text += concat(", on ", other, " too");
            return text;
          },
          [](const ForgetLabel&) { return std::string("forget the remembered label"); },
          [](const EnableShutdownUnit&) {
            return std::string("enable factory-reset.service, which erases during shutdown, until the next boot");
          },
          [](const DisableShutdownUnit&) { return std::string("disable factory-reset.service"); },
          [](const Reboot&) { return std::string("reboot"); },
          [](const WriteToken& write) { return describe(Operation{write}); },
          [](const EraseVolume& erase) { return describe(Operation{erase}); },
      },
      operation);
}

Result<ResetPlan> plan_reset(const ResetFacts& facts, const ResetChoice& choice) {
  if (facts.doubt.kind != Doubt::Kind::none) return refuse_in_doubt(facts);
  if (!facts.volume.resettable) return std::unexpected(nothing_to_reset(facts));
  return facts.mount_points.empty() ? plan_of_erasing(facts, choice) : arming_plan(facts, choice);
}

Result<ResetPlan> plan_erasure(const ResetFacts& facts, bool quick) {
  if (!has_token(facts)) {
    return refusal(facts.device, concat(facts.volume.found, " and ", why_not_armed(facts), ": ", refusing));
  }
  if (!facts.mount_points.empty()) {
    return refusal(facts.device,
                   concat("is mounted at ", joined(facts.mount_points), ": ", refusing, "; unmount it first"));
  }
  if (facts.doubt.forbids_erasing()) return refuse_in_doubt(facts);
  return ResetPlan{EraseVolume{quick, paths_of(facts.others)}};
}

Result<ResetPlan> plan_cancellation(const ResetFacts& facts, const std::string& remembered_label, bool units) {
  if (facts.volume.state != State::reset_armed) return ResetPlan{};
  if (!has_token(facts)) {
    return refusal(facts.device, concat("is armed by the kernel command line: take ",
                                        kernel_argument(facts.volume.resettable->uuid), " off it"));
  }
  const auto begun = [](const VolumeDevice& device) { return device.superblock.begun; };
  if (!facts.superblock.valid() || std::ranges::any_of(facts.others, begun)) {
    return refusal(facts.device, "cannot be saved any more: its erasure has begun");
  }
  if (facts.mount_points.empty() && facts.doubt.kind == Doubt::Kind::unsure) {
    return refusal(facts.device, concat(facts.doubt.what, ": it stays armed; ", facts.doubt.remedy));
  }
  const std::string label = remembered_label.empty() ? std::string(committed_label) : remembered_label;
  ResetPlan plan;
  if (facts.mount_points.empty()) {
    SetUnmountedLabel set{label};
    for (const VolumeDevice& other : facts.others) {
      if (other.superblock.label == facts.superblock.label) set.others.push_back(other.device);
    }
    plan.emplace_back(std::move(set));
  } else {
    plan.emplace_back(SetMountedLabel{facts.mount_points, label});
  }
  if (units) plan.emplace_back(DisableShutdownUnit{});
  plan.emplace_back(ForgetLabel{});
  return plan;
}

std::string_view armed_by(const ResetFacts& facts) {
  if (facts.volume.state != State::reset_armed) return "no";
  return has_token(facts) ? "token" : "command-line";
}

std::string reset_page(const ResetFacts& facts) {
  std::string page = device_rows(facts);
  if (facts.volume.resettable) page += concat(", ", human_size(facts.volume.resettable->used), " used");
  for (const VolumeDevice& other : facts.others) page += concat("\n", device_rows(other));
  if (facts.doubt.kind != Doubt::Kind::none) {
    page += concat("\n  doubt   ", facts.doubt.what, "; ", facts.doubt.remedy);
  }
  page += concat("\n  volume  ", printable(facts.volume.found));
  if (!facts.others.empty()) page += concat(" on ", facts.others.size() + 1, " devices");
  if (facts.volume.resettable) page += concat(", UUID ", uuid_text(facts.volume.resettable->uuid));
  page += concat("\n  host    ", known(facts.host), "\n  state   ");
  page += facts.mount_points.empty() ? std::string("not mounted: erased at once")
                                     : concat("mounted at ", joined(facts.mount_points),
                                              ": erased while the system goes down, or at the next boot");
  return page + "\n";
}

}  // namespace aimee
