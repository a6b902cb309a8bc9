// Decisions of a factory reset, for whatever volume and whatever is mounted.
#include "plan/reset_plan.h"

#include <algorithm>

#include "parts/oracle.h"
#include "parts/volumes.h"
#include "plan/refusal.h"

namespace aimee::fuzz {

namespace {

template <class Kind>
std::ptrdiff_t place_of(const ResetPlan& plan) {
  const auto found =
      std::ranges::find_if(plan, [](const ResetOperation& step) { return std::holds_alternative<Kind>(step); });
  return found == plan.end() ? -1 : found - plan.begin();
}

ResetFacts some_reset(Input& input) {
  const VolumeFacts seen = some_facts(input);
  ResetFacts facts;
  facts.device = "/dev/vda3";
  facts.disk = "/dev/vda";
  facts.model = input.text();
  facts.host = input.text();
  facts.identity = seen.device;
  facts.volume = classify(seen);
  const Superblock primary = seen.superblocks[0].value_or(Superblock{});
  facts.superblock = primary;
  constexpr Doubt::Kind doubts[] = {Doubt::Kind::none, Doubt::Kind::none, Doubt::Kind::missing, Doubt::Kind::beside,
                                    Doubt::Kind::unsure};
  facts.doubt = {input.one_of(doubts), "has 2 devices", "attach what is missing"};
  for (std::size_t i = input.below(3); i > 0; --i) {
    const std::string path = concat("/dev/vd", 'b', i);
    facts.others.push_back({.device = path, .disk = path, .model = std::string(input.text()), .superblock = primary});
  }
  const std::size_t mounts = input.below(3);
  for (std::size_t i = 0; i < mounts; ++i) facts.mount_points.emplace_back(input.text());
  return facts;
}

void check_texts(const ResetPlan& plan) {
  for (const ResetOperation& step : plan) HOLDS_OF(describe(step), is_one_line(describe(step)));
}

void check_refused(const Error& error) {
  HOLDS(error.outcome == Outcome::refused && error.code == 0);
  check_message(error);
}

void check_reset(const ResetFacts& facts, const ResetChoice& choice) {
  const auto plan = plan_reset(facts, choice);
  HOLDS(plan.has_value() == (facts.volume.resettable.has_value() && facts.doubt.kind == Doubt::Kind::none));
  if (!plan) return check_refused(plan.error());
  check_texts(*plan);
  const auto token = place_of<WriteToken>(*plan);
  const auto erase = place_of<EraseVolume>(*plan);
  const auto reboot = place_of<Reboot>(*plan);
  HOLDS((reboot >= 0) == choice.reboot);
  if (reboot >= 0) HOLDS(static_cast<std::size_t>(reboot) == plan->size() - 1);
  const bool armed = facts.volume.state == State::reset_armed && facts.volume.token_to_write.empty();
  if (facts.mount_points.empty()) {
    HOLDS(erase >= 0 && place_of<SetMountedLabel>(*plan) < 0);
    HOLDS(armed ? token < 0 : token >= 0 && token < erase);
    return;
  }
  HOLDS(erase < 0 && token < 0);
  HOLDS((place_of<SetMountedLabel>(*plan) >= 0) == !armed);
  if (armed) return;
  HOLDS(place_of<RememberLabel>(*plan) >= 0 && place_of<RememberLabel>(*plan) < place_of<SetMountedLabel>(*plan));
  const auto& set = std::get<SetMountedLabel>((*plan)[static_cast<std::size_t>(place_of<SetMountedLabel>(*plan))]);
  HOLDS(is_reset_token(set.label, facts.volume.resettable->uuid, facts.identity));
}

void check_erasure(const ResetFacts& facts) {
  const auto plan = plan_erasure(facts, false);
  if (!plan) return check_refused(plan.error());
  HOLDS(facts.volume.state == State::reset_armed && facts.volume.token_to_write.empty() && facts.mount_points.empty());
  HOLDS(is_reset_token(facts.superblock.label, facts.volume.resettable ? facts.volume.resettable->uuid : Uuid{},
                       facts.identity) ||
        !facts.volume.resettable);
  HOLDS(plan->size() == 1 && place_of<EraseVolume>(*plan) == 0 && !facts.doubt.forbids_erasing());
  HOLDS(std::get<EraseVolume>(plan->front()).others.size() == facts.others.size());
}

void check_cancellation(const ResetFacts& facts, const std::string& remembered) {
  const auto plan = plan_cancellation(facts, remembered, true);
  if (!plan) return check_refused(plan.error());
  check_texts(*plan);
  HOLDS(place_of<EraseVolume>(*plan) < 0 && place_of<WriteToken>(*plan) < 0);
  HOLDS(plan->empty() == (facts.volume.state != State::reset_armed));
  if (plan->empty()) return;
  HOLDS(facts.superblock.valid() && armed_by(facts) == "token");
  HOLDS((place_of<SetUnmountedLabel>(*plan) == 0) == facts.mount_points.empty());
}

}  // namespace

void try_input(std::string_view bytes) {
  Input input(bytes);
  const ResetFacts facts = some_reset(input);
  check_reset(facts, {input.flag(), input.flag(), input.flag()});
  check_erasure(facts);
  check_cancellation(facts, std::string(input.text()));
  HOLDS(is_page(reset_page(facts)));
  HOLDS((armed_by(facts) == "no") == (facts.volume.state != State::reset_armed));
  check_refused(refusal_of(facts.volume, facts.device, "refusing to format"));
}

}  // namespace aimee::fuzz
