// The JSON of a report; tests/loop/status_test.cc has its schema checked.
#include "harness/test.h"
#include "plan/status_report.h"

namespace aimee::test {

TEST_CASE("what is not known is null, and lists of it are null too") {
  StatusReport report;
  report.version = "1.0";
  CHECK(status_json(report) ==
        "{\"version\": \"1.0\", \"volume\": {\"source\": null, \"device\": null, \"size\": null, \"serial\": null, "
        "\"model\": null, \"state\": null, \"found\": null, \"label\": null, \"uuid\": null, \"mounted_at\": [], "
        "\"on_var\": false, \"total\": null, \"used\": null, \"devices\": []}, \"subvolumes\": null, "
        "\"writable_etc\": null, \"root_password\": null, \"root_password_locked\": null, \"host_keys\": null, "
        "\"labels\": null, \"reset\": null, \"problems\": [], \"unread\": [], \"exit\": 0, \"error\": null}\n");
}

TEST_CASE("every fact has its member") {
  StatusReport report;
  report.version = "1.0";
  report.volume = {"/dev/x",
                   "",
                   "/dev/x",
                   7,
                   "s",
                   "m",
                   VolumeState{.state = State::ready, .found = "holds it"},
                   "l",
                   "u",
                   {"/var"},
                   true,
                   "",
                   StatusSpace{9, 1}};
  report.subvolumes = {{"/var/a", SubvolumePresence::missing}};
  report.volume.others = {{.device = "/dev/y", .model = "n", .identity = {11, "t"}}};
  report.store = StatusStore{true, {{true, "d", "broken", "why", false}}, {"list:1"}, {"old"}};
  report.root_password = PasswordState::set;
  report.host_keys = {{"rsa", "good", "", "SHA256:x"}};
  report.labels = LabelsState::current;
  report.reset = ResetPending::no;
  report.unread = {"one"};
  const std::string text = status_json(report);
  for (
      const std::string_view part :
      {R"("source": "/dev/x", "device": "/dev/x", "size": 7, "serial": "s", "model": "m", "state": "ready")",
       R"("found": "holds it", "label": "l", "uuid": "u", "mounted_at": ["/var"], "on_var": true, "total": 9, "used": 1)",
       R"("devices": [{"device": "/dev/x", "size": 7, "serial": "s", "model": "m"}, )"
       R"({"device": "/dev/y", "size": 11, "serial": "t", "model": "n"}]})",
       R"("subvolumes": [{"path": "/var/a", "presence": "missing"}])",
       R"("entries": [{"path": "d", "kind": "folder", "state": "broken", "why": "why", "bound": false}])",
       R"("list_problems": ["list:1"], "unlisted": ["old"])", R"("root_password": true, "root_password_locked": false)",
       R"("host_keys": [{"type": "rsa", "state": "good", "fingerprint": "SHA256:x"}])", R"("labels": "current")",
       R"("reset": "none")", R"("unread": ["one"])"}) {
    CAPTURE(part);
    CHECK(text.find(part) != std::string::npos);
  }
}

TEST_CASE("a locked password is one, and said to be locked") {
  StatusReport report;
  report.root_password = PasswordState::locked;
  CHECK(status_json(report).contains(R"("root_password": true, "root_password_locked": true)"));
  CHECK(status_text(report).contains("Root password  locked\n"));
  report.root_password = PasswordState::none;
  CHECK(status_json(report).contains(R"("root_password": false, "root_password_locked": false)"));
}

}  // namespace aimee::test
