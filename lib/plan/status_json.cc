// The report as JSON; pure. docs/status.schema.json describes it: members are added, never changed.
#include "base/json.h"
#include "plan/status_report.h"

namespace aimee {

namespace {

// A text, or null where it is empty.
JsonObject& add_text(JsonObject& object, std::string_view key, std::string_view text) {
  return text.empty() ? object.add_null(key) : object.add(key, text);
}

std::string array_of(const std::vector<std::string>& texts) {
  JsonArray array;
  for (const std::string& text : texts) array.add(text);
  return array.str();
}

template <class T>
std::string array_of(const std::vector<T>& values, auto as_json) {
  JsonArray array;
  for (const T& value : values) array.add_raw(as_json(value));
  return array.str();
}

std::string device_json(std::string_view path, std::uint64_t size, std::string_view serial, std::string_view model) {
  JsonObject object;
  object.add("device", path).add("size", size);
  add_text(object, "serial", serial);
  add_text(object, "model", model);
  return object.str();
}

// The one that fstab names is the first.
std::string devices_json(const StatusVolume& volume) {
  JsonArray devices;
  if (volume.size != 0) devices.add_raw(device_json(volume.device, volume.size, volume.serial, volume.model));
  for (const VolumeDevice& other : volume.others) {
    devices.add_raw(device_json(other.device, other.identity.size, other.identity.serial, other.model));
  }
  return devices.str();
}

std::string volume_json(const StatusVolume& volume) {
  JsonObject object;
  add_text(object, "source", volume.source);
  add_text(object, "device", volume.device);
  if (volume.size == 0) {
    object.add_null("size");
  } else {
    object.add("size", volume.size);
  }
  add_text(object, "serial", volume.serial);
  add_text(object, "model", volume.model);
  add_text(object, "state", volume.state ? state_name(volume.state->state) : "");
  add_text(object, "found", volume.state ? volume.state->found : volume.absent);
  add_text(object, "label", volume.label);
  add_text(object, "uuid", volume.uuid);
  object.add_raw("mounted_at", array_of(volume.mounted_at)).add("on_var", volume.on_var);
  if (volume.space) {
    object.add("total", volume.space->total).add("used", volume.space->used);
  } else {
    object.add_null("total").add_null("used");
  }
  object.add_raw("devices", devices_json(volume));
  return object.str();
}

std::string subvolume_json(const StatusSubvolume& subvolume) {
  JsonObject object;
  object.add("path", subvolume.path).add("presence", name_of(subvolume.presence));
  return object.str();
}

std::string entry_json(const StatusEntry& entry) {
  JsonObject object;
  object.add("path", entry.path).add("kind", entry.folder ? "folder" : "file").add("state", entry.state);
  add_text(object, "why", entry.why);
  object.add("bound", entry.bound);
  return object.str();
}

std::string store_json(const StatusStore& store) {
  JsonObject object;
  object.add("store", store.present).add_raw("entries", array_of(store.entries, entry_json));
  object.add_raw("list_problems", array_of(store.list_problems)).add_raw("unlisted", array_of(store.unlisted));
  return object.str();
}

std::string host_key_json(const StatusHostKey& key) {
  JsonObject object;
  object.add("type", key.type).add("state", key.state);
  add_text(object, "fingerprint", key.fingerprint);
  return object.str();
}

std::string problem_json(const StatusProblem& problem) {
  JsonObject object;
  object.add("what", problem.what).add("next", problem.next);
  return object.str();
}

}  // namespace

std::string status_json(const StatusReport& report) {
  JsonObject object;
  object.add("version", report.version).add_raw("volume", volume_json(report.volume));
  object.add_raw("subvolumes", report.subvolumes ? array_of(*report.subvolumes, subvolume_json) : "null");
  object.add_raw("writable_etc", report.store ? store_json(*report.store) : "null");
  if (report.root_password) {
    object.add("root_password", *report.root_password != PasswordState::none);
    object.add("root_password_locked", *report.root_password == PasswordState::locked);
  } else {
    object.add_null("root_password").add_null("root_password_locked");
  }
  object.add_raw("host_keys", report.host_keys ? array_of(*report.host_keys, host_key_json) : "null");
  add_text(object, "labels", report.labels ? name_of(*report.labels) : "");
  add_text(object, "reset", report.reset ? name_of(*report.reset) : "");
  object.add_raw("problems", array_of(problems_of(report), problem_json)).add_raw("unread", array_of(report.unread));
  object.add("exit", std::uint64_t{0}).add_null("error");
  return object.str() + "\n";
}

}  // namespace aimee
