// Members are added, never changed.
#include "plan/reset_json.h"

#include <algorithm>

namespace aimee {

namespace {

void add_device(JsonObject& object, const VolumeDevice& device) {
  object.add("device", device.device).add("disk", device.disk).add("size", device.identity.size);
  object.add_or_null("model", device.model).add_or_null("serial", device.identity.serial);
  object.add("discard", device.can_discard);
}

std::string devices_json(const ResetFacts& facts, const std::vector<DeviceProof>& proofs) {
  JsonArray devices;
  const auto add = [&](const VolumeDevice& device) {
    JsonObject object;
    add_device(object, device);
    object.add("id", device.superblock.device_id);
    const auto proof = std::ranges::find(proofs, device.device, &DeviceProof::device);
    object.add_or_null("proof", proof == proofs.end() ? std::string_view() : proof->text);
    devices.add_raw(object.str());
  };
  add(facts);
  std::ranges::for_each(facts.others, add);
  return devices.str();
}

constexpr std::string_view unknown_facts[] = {"disk",    "size",  "model",     "serial", "discard", "host",
                                              "state",   "found", "label",     "uuid",   "used",    "kernel_argument",
                                              "mounted", "armed", "not_obeyed"};

}  // namespace

void add_reset_facts(JsonObject& object, const ResetFacts& facts, std::string_view armed,
                     const std::vector<DeviceProof>& proofs) {
  add_device(object, facts);
  object.add("host", facts.host);
  object.add("state", state_name(facts.volume.state))
      .add("found", facts.volume.found)
      .add("label", facts.superblock.label);
  if (const auto& ours = facts.volume.resettable) {
    object.add("uuid", uuid_text(ours->uuid)).add("used", ours->used);
    object.add("kernel_argument", kernel_argument(ours->uuid));
  } else {
    object.add_null("uuid").add_null("used").add_null("kernel_argument");
  }
  JsonArray mounts;
  for (const std::string& point : facts.mount_points) mounts.add(point);
  object.add_raw("mounted", mounts.str()).add("armed", armed).add_raw("devices", devices_json(facts, proofs));
  object.add_or_null("not_obeyed", facts.volume.not_obeyed).add_or_null("doubt", facts.doubt.what);
}

void add_unknown_reset_facts(JsonObject& object, std::string_view device) {
  object.add_or_null("device", device);
  for (const std::string_view key : unknown_facts) object.add_null(key);
  object.add_raw("devices", "[]").add_null("doubt");
}

}  // namespace aimee
