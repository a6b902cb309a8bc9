// set-root-password as a person uses it: on a terminal, with the real passwd(1) and PAM, on a root whose /etc is
// read-only.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "harness/doctest_main.h"
#include "harness/init_storage.h"
#include "harness/login_root.h"
#include "harness/terminal.h"

using namespace looptest;

namespace {

#define NEEDS_LOGIN() NEEDS("passwd", "su", "chroot", "setfattr", "unshare")

constexpr const char* secret = "correct-Horse-7battery";

Arguments command(const LoginRoot& root, const Arguments& more = {}) {
  Arguments arguments{aimee(), "set-root-password", "--root", root.path()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

bool type_password(Terminal& terminal, const std::string& first, const std::string& second) {
  if (!terminal.expect("New password: ")) return false;
  terminal.type(first + "\n");
  if (!terminal.expect("Retype new password: ")) return false;
  terminal.type(second + "\n");
  return true;
}

Outcome set_password(const LoginRoot& root, const std::string& password, const Arguments& more = {}) {
  Terminal terminal(command(root, more));
  CHECK_MESSAGE(type_password(terminal, password, password), terminal.screen());
  return terminal.finish();
}

bool says(const Outcome& outcome, const std::string& text) {
  return (outcome.out + outcome.err).find(text) != std::string::npos;
}

std::string file_identity(const std::string& path) {
  char label[256] = {};
  getxattr(path.c_str(), "security.selinux", label, sizeof label - 1);
  return tool({"stat", "-c", "%d %i %a %u %g %h", path}) + label;
}

// In a mount namespace of its own, as systemd gives one to a service, until it goes out of scope.
class Service {
 public:
  explicit Service(const std::string& preparation)
      : process_({"unshare", "-m", "sh", "-c", preparation + "; echo ready; exec sleep 600"}) {
    if (!wait_until([&] { return process_.out_so_far() == "ready\n"; })) FAIL("the service did not start");
  }
  std::string read(const std::string& path) const {
    return read_text("/proc/" + std::to_string(process_.pid()) + "/root" + path);
  }

 private:
  Process process_;
};

void check_refused(const LoginRoot& root, const Arguments& more, const std::string& message) {
  for (const Arguments& mode : {Arguments{"--dry-run"}, Arguments{}}) {
    Arguments arguments{"--root", root.path()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.insert(arguments.end(), mode.begin(), mode.end());
    const Outcome outcome = run_applet("set-root-password", arguments);
    CHECK(outcome.exit == 3);
    CHECK_MESSAGE(says(outcome, message), outcome.err);
  }
}

}  // namespace

TEST_CASE("root's password is set, and whoever knows it logs in") {
  NEEDS_LOGIN();
  const LoginRoot root;
  const NothingLeft nothing_left;
  const std::string before = file_identity(root / "var/etc/shadow");
  const std::string image_before =
      tool({"find", root / "etc", "-xdev", "!", "-name", "shadow", "-printf", "%p %s %m %U %G %T@\n"});
  CHECK_FALSE(root.can_log_in("root", secret));
  const Outcome outcome = set_password(root, secret);
  CHECK_MESSAGE(outcome.exit == 0, outcome.out);
  CHECK(says(outcome, "set-root-password: root: the new password is stored and in force"));
  CHECK(root.field_of("root").starts_with("$"));
  CHECK(root.stored().size() == 4096);
  CHECK(file_identity(root / "var/etc/shadow") == before);
  CHECK(tool({"find", root / "etc", "-xdev", "!", "-name", "shadow", "-printf", "%p %s %m %U %G %T@\n"}) ==
        image_before);
  CHECK(root.can_log_in("root", secret));
  CHECK_FALSE(root.can_log_in("root", "another-Horse"));
  CHECK(root.field_of("daemon") == "*");
}

TEST_CASE("another user's password is set, root's stays as it is") {
  NEEDS_LOGIN();
  const LoginRoot root;
  const NothingLeft nothing_left;
  CHECK(set_password(root, secret, {"owner"}).exit == 0);
  CHECK(root.can_log_in("owner", secret));
  CHECK(root.field_of("root") == "*");
}

TEST_CASE("again and again: each new one counts, the old one does not") {
  NEEDS_LOGIN();
  const LoginRoot root;
  const NothingLeft nothing_left;
  for (const char* password : {"first-Horse-7battery", "second-Horse-8battery", "third-Horse-9battery"})
    CHECK(set_password(root, password).exit == 0);
  CHECK(root.can_log_in("root", "third-Horse-9battery"));
  CHECK_FALSE(root.can_log_in("root", "first-Horse-7battery"));
}

TEST_CASE("a service with mounts of its own sees the new one, and one with a mask still nothing") {
  NEEDS_LOGIN();
  const LoginRoot root;
  const NothingLeft nothing_left;
  const Service plain("true");
  const Service masked("mount --bind /dev/null " + (root / "etc/shadow"));
  CHECK(set_password(root, secret).exit == 0);
  CHECK(plain.read(root / "etc/shadow") == root.stored());
  CHECK(root.stored().starts_with("root:$"));
  CHECK(masked.read(root / "etc/shadow").empty());
}

TEST_CASE("an image whose /etc/shadow is a link into the store") {
  NEEDS_LOGIN();
  const LoginRoot root(LoginRoot::Shadow::linked);
  const NothingLeft nothing_left;
  const std::string before = file_identity(root / "var/etc/shadow");
  CHECK(set_password(root, secret).exit == 0);
  CHECK(root.can_log_in("root", secret));
  CHECK(file_identity(root / "var/etc/shadow") == before);
  CHECK(std::filesystem::is_symlink(root / "etc/shadow"));
}

TEST_CASE("a line that outgrows its block: the file grows by one, and everybody keeps his line") {
  NEEDS_LOGIN();
  // Four cells that have room for 43 bytes at the most; root's line grows by more.
  std::string content;
  for (int i = 0; i < 36; ++i) {
    if (i % 9 == 0) content.resize(static_cast<std::size_t>(i) / 9 * 1024, '\n');
    if (i == 0) content = "root:*:20000:0:99999:7:::\n";
    const std::string name = "account" + std::to_string(i) + ":";
    content += name + std::string(89 - name.size(), 'x') + ":20000:0:99999:7:::\n";
  }
  const LoginRoot root(LoginRoot::Shadow::bound, content);
  const NothingLeft nothing_left;
  CHECK(set_password(root, secret).exit == 0);
  const std::string after = root.stored();
  CHECK(after.size() == 8192);
  CHECK(root.can_log_in("root", secret));
  CHECK(without_padding(after).size() == without_padding(content).size() + root.field_of("root").size() - 1);
  for (int i = 0; i < 36; ++i) CHECK(after.find("account" + std::to_string(i) + ":") != std::string::npos);
}

TEST_CASE("passwords that do not match: passwd's own word, exit code 1, nothing changed") {
  NEEDS_LOGIN();
  const LoginRoot root;
  const NothingLeft nothing_left;
  const std::string before = root.stored();
  Terminal terminal(command(root));
  CHECK(type_password(terminal, secret, "something-else-9"));
  CHECK(terminal.expect("do not match"));
  const Outcome outcome = terminal.finish();
  CHECK(outcome.exit == 1);
  CHECK_MESSAGE(says(outcome, "set-root-password: passwd: "), outcome.out);
  CHECK(says(outcome, "nothing was changed"));
  CHECK(root.stored() == before);
}

TEST_CASE("^C at the prompt: exit code 1, nothing changed, the terminal echoes again") {
  NEEDS_LOGIN();
  const LoginRoot root;
  const NothingLeft nothing_left;
  const std::string before = root.stored();
  Terminal terminal({"sh", "-c",
                     "trap : INT; " + aimee() + " set-root-password --root " + root.path() +
                         "; echo exit $?; stty -a | grep -o -e ' -\\?echo '; read word; echo got $word"});
  CHECK(terminal.expect("New password: "));
  terminal.type("half\x03");
  CHECK(terminal.expect("set-root-password: passwd: was interrupted; nothing was changed"));
  CHECK(terminal.expect("exit 1"));
  CHECK(terminal.expect(" echo "));
  terminal.type("word\n");
  CHECK(terminal.expect("got word"));
  CHECK(terminal.finish().exit == 0);
  CHECK(root.stored() == before);
}

TEST_CASE("passwd killed while the echo is off: exit code 1, nothing changed, the terminal echoes again") {
  NEEDS_LOGIN();
  const LoginRoot root;
  const NothingLeft nothing_left;
  const std::string before = root.stored();
  Terminal terminal(
      {"sh", "-c",
       aimee() + " set-root-password --root " + root.path() + "; echo exit $?; stty -a | grep -o -e ' -\\?echo '"});
  CHECK(terminal.expect("New password: "));
  const std::string shell_child = tool({"pgrep", "-P", std::to_string(terminal.pid())});
  const std::string passwd = tool({"pgrep", "-P", shell_child.substr(0, shell_child.find('\n'))});
  kill(std::stoi(passwd), SIGKILL);
  CHECK(terminal.expect("passwd: was ended by signal 9; nothing was changed"));
  CHECK(terminal.expect("exit 1"));
  CHECK(terminal.expect(" echo "));
  CHECK(terminal.finish().exit == 0);
  CHECK(root.stored() == before);
}

TEST_CASE("ended by SIGTERM at the prompt: one line, exit code 1, the terminal echoes again, nothing changed") {
  NEEDS_LOGIN();
  const LoginRoot root;
  const NothingLeft nothing_left;
  const std::string before = root.stored();
  Terminal terminal(
      {"sh", "-c",
       aimee() + " set-root-password --root " + root.path() + "; echo exit $?; stty -a | grep -o -e ' -\\?echo '"});
  CHECK(terminal.expect("New password: "));
  kill(std::stoi(tool({"pgrep", "-P", std::to_string(terminal.pid())})), SIGTERM);
  CHECK(terminal.expect("set-root-password: interrupted; nothing was changed"));
  CHECK(terminal.expect("exit 1"));
  CHECK(terminal.expect(" echo "));
  CHECK(terminal.finish().exit == 0);
  CHECK(root.stored() == before);
}

TEST_CASE("killed at any moment: the old shadow or the new one, whole, and no mounts or processes") {
  NEEDS_LOGIN();
  const LoginRoot root;
  const std::string before = without_padding(root.stored());
  for (int delay = 0; delay < 40; ++delay) {
    const NothingLeft nothing_left;
    Terminal terminal(command(root));
    if (delay % 2 == 0) {
      CHECK(type_password(terminal, secret, secret));
      if (delay % 4 == 0) terminal.expect("updated successfully");
    }
    usleep(static_cast<useconds_t>(delay) * 1500);
    kill(terminal.pid(), SIGKILL);
    terminal.finish();
    const std::string after = root.stored();
    CHECK(after.size() == 4096);
    const std::string line = after.substr(0, after.find('\n'));
    CHECK((without_padding(after) == before || line.starts_with("root:$")));
    CHECK(std::count(line.begin(), line.end(), ':') == 8);
    CHECK(without_padding(after).ends_with(before.substr(before.find('\n'))));
  }
}

TEST_CASE("passwd fails or changes nothing") {
  NEEDS_LOGIN();
  LoginRoot root;
  const std::string before = root.stored();
  SUBCASE("fails") {
    root.replace_program("passwd", "#!/bin/sh\necho broken >/etc/shadow\nexit 3\n");
    const Outcome outcome = run_applet("set-root-password", {"--root", root.path()});
    CHECK(outcome.exit == 1);
    CHECK(outcome.err == "set-root-password: passwd: failed with exit status 3; nothing was changed\n");
  }
  for (const char* script :
       {"exit 0", "sed -i s/root:x:/root:secret:/ /etc/passwd", "echo bin:new:1:::::: >>/etc/shadow"}) {
    SUBCASE(script) {
      root.replace_program("passwd", std::string("#!/bin/sh\n") + script + "\n");
      const Outcome outcome = run_applet("set-root-password", {"--root", root.path()});
      CHECK(outcome.exit == 1);
      CHECK(
          outcome.err ==
          "set-root-password: passwd: ended well, but the line of root in /etc/shadow is the old one: where it put the "
          "password (see /etc/pam.d), it is not kept; nothing was changed\n");
    }
  }
  SUBCASE("leaves rubbish") {
    root.replace_program("passwd", "#!/bin/sh\necho rubbish >/etc/shadow\n");
    const Outcome outcome = run_applet("set-root-password", {"--root", root.path()});
    CHECK(outcome.exit == 1);
    CHECK(says(outcome, "the shadow that passwd wrote: the line \"rubbish\" has not nine fields"));
  }
  SUBCASE("loses an account") {
    root.replace_program("passwd", "#!/bin/sh\necho root:new:20000:0:99999:7::: >/etc/shadow\n");
    const Outcome outcome = run_applet("set-root-password", {"--root", root.path()});
    CHECK(outcome.exit == 1);
    CHECK(says(outcome, "the shadow that passwd wrote: has lost daemon; nothing was changed"));
  }
  CHECK(root.stored() == before);
}

TEST_CASE(
    "what passwd sees: a writable /etc with the image's files and other mounts in it, the stored shadow unpadded") {
  NEEDS_LOGIN();
  LoginRoot root;
  write_text(root / "tmp/mounted", "mounted over it\n");
  tool({"mount", "--bind", root / "tmp/mounted", root / "etc/environment"});
  root.replace_program("passwd",
                       "#!/bin/sh\nexec >/tmp/seen\ncat /etc/environment /etc/group /etc/shadow\n"
                       "stat -c '%a %u %g %F' /etc/shadow\ntouch /etc/new && echo writable\n"
                       "sed -i s/^root:[^:]*/root:new/ /etc/shadow\n");
  const std::string before = without_padding(root.stored());
  const Outcome outcome = run_applet("set-root-password", {"--root", root.path()});
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  CHECK(read_text(root / "tmp/seen") ==
        "mounted over it\n" + read_text(root / "etc/group") + before + "640 0 42 regular file\nwritable\n");
  CHECK(root.field_of("root") == "new");
  CHECK_FALSE(std::filesystem::exists(root / "etc/new"));
  // Removed where it comes from: passwd sees the image's.
  std::filesystem::remove(root / "tmp/mounted");
  root.replace_program("passwd",
                       "#!/bin/sh\ncat /etc/environment >/tmp/seen\nsed -i s/^root:new/root:newer/ /etc/shadow\n");
  const Outcome without = run_applet("set-root-password", {"--root", root.path()});
  CHECK_MESSAGE(without.exit == 0, without.err);
  CHECK(read_text(root / "tmp/seen").find("mounted over it") == std::string::npos);
  tool({"umount", root / "etc/environment"});
}

TEST_CASE("a second run is refused while the first one waits for the person") {
  NEEDS_LOGIN();
  const LoginRoot root;
  const NothingLeft nothing_left;
  Terminal first(command(root));
  CHECK(first.expect("New password: "));
  const Outcome second = run(command(root));
  CHECK(second.exit == 3);
  CHECK(second.err == "set-root-password: " + (root / "var/etc/shadow") +
                          ": another set-root-password is at work; wait for its end\n");
  first.type(std::string(secret) + "\n");
  CHECK(first.expect("Retype new password: "));
  first.type(std::string(secret) + "\n");
  CHECK(first.finish().exit == 0);
  CHECK(root.can_log_in("root", secret));
}

TEST_CASE("preconditions: what is missing is named, with what to do") {
  NEEDS_LOGIN();
  SUBCASE("the store's shadow is missing") {
    const LoginRoot root(LoginRoot::Shadow::missing);
    check_refused(root, {}, "var/etc/shadow: is not there; run: systemctl start writable-etc.service");
  }
  SUBCASE("the store is missing") {
    const LoginRoot root(LoginRoot::Shadow::missing);
    tool({"btrfs", "subvolume", "delete", root / "var/etc"});
    check_refused(root, {}, "var/etc: is not there; is /var mounted, and did writable-etc.service run?");
  }
  SUBCASE("it is not what is seen at /etc/shadow") {
    const LoginRoot root(LoginRoot::Shadow::not_bound);
    const std::string before = root.stored();
    check_refused(root, {}, "etc/shadow: is not the stored one");
    check_refused(root, {}, "run: systemctl start writable-etc.service");
    CHECK(root.stored() == before);
  }
  SUBCASE("the user has no account") {
    const LoginRoot root;
    check_refused(root, {"nosuch"}, "nosuch: has no account in " + (root / "etc/passwd"));
  }
  SUBCASE("no passwd") {
    LoginRoot root;
    tool({"mount", "-t", "tmpfs", "none", root / "usr"});
    check_refused(root, {}, "usr/bin/passwd: is not there; the image needs the package of passwd(1)");
    tool({"umount", root / "usr"});
  }
}

TEST_CASE("a line of passwd that does not lead to shadow: refused before anything is asked, with file and line") {
  NEEDS_LOGIN();
  const LoginRoot root;
  const NothingLeft nothing_left;
  const std::string before = root.stored();
  const std::string file = root / "tmp/passwd";
  const auto with_field = [&](const std::string& user, const std::string& field) {
    write_text(file, "# x\n+root::0:0:::\nbin:*:2:2::/:/bin/sh\n" + user + ":" + field + ":0:0::/root:/bin/sh\r\n" +
                         user + ":x:0:0::/:/bin/sh\n");
    tool({"mount", "--bind", file, root / "etc/passwd"});
  };
  for (const std::string user : {"root", "owner"}) {
    for (const auto& [field, told] : {std::pair{"", "empty"},
                                      {"*", "\"*\""},
                                      {"!", "\"!\""},
                                      {"*NP*", "\"*NP*\""},
                                      {"!unprovisioned", "\"!unprovisioned\""},
                                      {"abJnggxhB/yWI", "a password"}}) {
      with_field(user, field);
      check_refused(root, {user},
                    "set-root-password: " + (root / "etc/passwd") + ":4: the second field of " + user + " is " + told +
                        ", not \"x\", so that no program looks into shadow for the password: write x there\n");
      tool({"umount", root / "etc/passwd"});
    }
  }
  CHECK(root.stored() == before);
  with_field("root", "*");
  CHECK(run_applet("set-root-password", {"--root", root.path(), "--missing"}).exit == 0);
  Terminal offer(command(root, {"--offer", "--", "sh", "-c", "echo I am $0", "the-getty"}));
  CHECK(offer.expect("etc/passwd:4: the second field of root is "));
  CHECK(offer.expect("I am the-getty"));
  const Outcome offered = offer.finish();
  CHECK(offered.exit == 0);
  CHECK_FALSE(says(offered, "[y/N]"));
  tool({"umount", root / "etc/passwd"});
  with_field("root", "abJnggxhB/yWI");
  CHECK(run_applet("set-root-password", {"--root", root.path(), "--missing"}).exit == 3);
  tool({"umount", root / "etc/passwd"});
  with_field("root", "##root");
  CHECK(set_password(root, secret).exit == 0);
  tool({"umount", root / "etc/passwd"});
  CHECK(root.can_log_in("root", secret));
}

TEST_CASE("lines of somebody else in shadow: a password is set all the same, and they stay as they are") {
  NEEDS_LOGIN();
  const std::string accounts = "root:*:20000:0:99999:7:::\ndaemon:*:20000:0:99999:7:::\nowner:!:20000:0:99999:7:::\n";
  for (const std::string foreign :
       {std::string("root:!:19000:0:99999:7:::"), std::string("alice:$6$salt$hash\n:1::::::"), std::string("+:::::::"),
        std::string("-guest::::::::\n+@admins::::::::\n+"), std::string("# a comment\n   \nwords"),
        std::string("nul:\0:1::::::", 14), std::string("j\xc3\xb6rg:*:1::::::\n\xff"),
        "ldap:{CRYPT}" + std::string(1100, 'z') + ":20000:0:99999:7:::", "big:" + std::string(9000, 'z')}) {
    for (const std::string& shadow :
         {accounts + foreign + "\n", foreign.starts_with("root:") ? accounts : foreign + "\n" + accounts}) {
      const LoginRoot root(LoginRoot::Shadow::bound, shadow);
      const NothingLeft nothing_left;
      for (const std::string user : {"root", "owner"}) {
        const Outcome outcome = set_password(root, secret, {user});
        CHECK_MESSAGE(outcome.exit == 0, outcome.out);
        CHECK(root.can_log_in(user, secret));
      }
      if (shadow != accounts) CHECK(root.stored().find(foreign + "\n") != std::string::npos);
      CHECK(root.stored().find("\ndaemon:*:20000:0:99999:7:::\n") != std::string::npos);
    }
  }
}

TEST_CASE("a broken line of the user himself is replaced") {
  NEEDS_LOGIN();
  for (const std::string broken : {"owner:!:20000:0:99999:7:::\r", "owner:*", "owner",
                                   " owner:!:20000:0:99999:7:::", "owner:$6$salt$hash:today::::::"}) {
    const LoginRoot root(LoginRoot::Shadow::bound, "root:*:20000:0:99999:7:::\r\n" + broken + "\ndaemon:*:1::::::\n");
    const NothingLeft nothing_left;
    CHECK(run_applet("set-root-password", {"--root", root.path(), "--missing", "owner"}).exit == 0);
    const Outcome outcome = set_password(root, secret, {"owner"});
    CHECK_MESSAGE(outcome.exit == 0, outcome.out);
    CHECK(root.can_log_in("owner", secret));
    CHECK(root.stored().find(broken + "\n") == std::string::npos);
    CHECK(root.field_of("root") == "*");
  }
}

TEST_CASE("--missing: only what crypt(3) can have returned is a password") {
  NEEDS_LOGIN();
  for (const auto& [field, exit] : {std::pair{"!unprovisioned", 0},
                                    {"*LK*", 0},
                                    {"NP", 0},
                                    {"", 0},
                                    {"x", 0},
                                    {"$6$salt$hash", 0},
                                    {"abJnggxhB/yWI", 3},
                                    {"!abJnggxhB/yWI", 3},
                                    {"$1$abcdefgh$apR79uSs0V5fMrws52ggI1", 3}}) {
    const LoginRoot root(LoginRoot::Shadow::bound, std::string("root:") + field + ":20000:0:99999:7:::\n");
    CHECK_MESSAGE(run_applet("set-root-password", {"--root", root.path(), "--missing"}).exit == exit, field);
  }
}

TEST_CASE("wrong usage: exit code 2") {
  for (const Arguments& wrong : {Arguments{"--", "-x"}, {"a b"}, {"a:b"}, {""}, {"root", "owner"}, {"--offer"}}) {
    const Outcome outcome = run_applet("set-root-password", wrong);
    CHECK_MESSAGE(outcome.exit == 2, outcome.err);
    CHECK(says(outcome, "see --help"));
  }
}

TEST_CASE("a dry run says what it would do and changes nothing") {
  NEEDS_LOGIN();
  const LoginRoot root;
  tool({"sync", "-f", root / "var"});
  const Fingerprint before = root.disk().fingerprint();
  const Outcome outcome = run_applet("set-root-password", {"--root", root.path(), "--dry-run"});
  CHECK(outcome.exit == 0);
  CHECK(outcome.out == "run /usr/bin/passwd for root in a private, writable /etc\nput the new line into " +
                           (root / "var/etc/shadow") + "\n");
  CHECK(root.disk().fingerprint() == before);
}

TEST_CASE("a full volume: exit code 1, the message names it, the old shadow is whole") {
  NEEDS_LOGIN();
  const LoginRoot root;
  const NothingLeft nothing_left;
  const std::string before = root.stored();
  for (const char* size : {"1M", "4k"})
    run({"dd", "if=/dev/zero", "of=" + (root / "var/filler") + size, std::string("bs=") + size, "conv=fsync"});
  const Outcome outcome = set_password(root, secret);
  CHECK(outcome.exit == 1);
  CHECK_MESSAGE(says(outcome, "var/etc/shadow: find space for the new version: No space left on device"), outcome.out);
  CHECK(root.stored() == before);
}

TEST_CASE("--missing: 0 without a password, 3 with one, nothing is printed") {
  NEEDS_LOGIN();
  const LoginRoot root;
  const Arguments asked{"--root", root.path(), "--missing"};
  CHECK(run_applet("set-root-password", asked).exit == 0);
  CHECK(set_password(root, secret).exit == 0);
  const Outcome outcome = run_applet("set-root-password", asked);
  CHECK(outcome.exit == 3);
  CHECK(outcome.out + outcome.err == "");
  CHECK(run_applet("set-root-password", {"--root", root.path(), "--missing", "owner"}).exit == 0);
  CHECK(run_applet("set-root-password", {"--root", root.path(), "--missing", "nosuch"}).exit == 1);
}

TEST_CASE("--offer: asks where there is no password, and becomes the command whatever is answered") {
  NEEDS_LOGIN();
  LoginRoot root;
  const Arguments offer = command(root, {"--offer", "--", "sh", "-c", "echo I am $0; exit 7", "the-getty"});
  SUBCASE("yes") {
    const NothingLeft nothing_left;
    Terminal terminal(offer);
    CHECK(terminal.expect("This device has no password for root. Set one now? [y/N] "));
    terminal.type("y\n");
    CHECK(type_password(terminal, secret, secret));
    CHECK(terminal.expect("I am the-getty"));
    CHECK(terminal.finish().exit == 7);
    CHECK(root.can_log_in("root", secret));
    Terminal again(offer);
    const Outcome outcome = again.finish();
    CHECK(outcome.exit == 7);
    CHECK(outcome.out == "I am the-getty\r\n");
  }
  SUBCASE("yes, and then ^C") {
    const NothingLeft nothing_left;
    Terminal terminal(offer);
    CHECK(terminal.expect("[y/N] "));
    terminal.type("y\n");
    CHECK(terminal.expect("New password: "));
    terminal.type("\x03");
    CHECK(terminal.expect("I am the-getty"));
    CHECK(terminal.finish().exit == 7);
  }
  SUBCASE("no, nothing, ^C, end of input") {
    for (const char* answer : {"n\n", "\n", "\x03", "\x04"}) {
      Terminal terminal(offer);
      CHECK(terminal.expect("[y/N] "));
      terminal.type(answer);
      CHECK(terminal.expect("I am the-getty"));
      CHECK(terminal.finish().exit == 7);
    }
    CHECK(root.field_of("root") == "*");
  }
  SUBCASE("no terminal") {
    const Outcome outcome = run(offer);
    CHECK(outcome.exit == 7);
    CHECK(outcome.out == "I am the-getty\n");
    CHECK(outcome.err == "");
  }
  SUBCASE("a store that cannot be written") {
    tool({"umount", root / "etc/shadow"});
    Terminal terminal(offer);
    terminal.type("y\n");
    CHECK(terminal.expect("I am the-getty"));
    CHECK(terminal.finish().exit == 7);
    tool({"mount", "--bind", root / "var/etc/shadow", root / "etc/shadow"});
  }
  SUBCASE("a command that is not there") {
    const Outcome outcome = run(command(root, {"--offer", "--", "/no/such/getty"}));
    CHECK(outcome.exit == 1);
    CHECK(outcome.err == "set-root-password: /no/such/getty: cannot be run: No such file or directory\n");
  }
}
