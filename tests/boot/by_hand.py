"""What root asks of the applets by hand, SELinux enforcing: at the console, in a script, through a pipe, by ssh.

Each of them leaves the appliance as it was, but for the password, which is the owner's new one.
"""
from enforcing import nothing_was_denied
from scenario import expect

NEW_PASSWORD = "wrong horse staple battery"
# By ssh, where input and output are sshd's; and what the answer has in it.
ASKED_BY_SSH = {"init-storage --json": '"state": "ready"', "factory-reset --status": "no factory reset is armed",
                "writable-etc --json": '"path": "hostname"', "ssh-hostkey-gen --json": '"ed25519"',
                "set-root-password --dry-run": "run /usr/bin/passwd for root", "aimee relabel-var --dry-run": "nothing to do",
                "aimee status": "No problems."}


def applets_answer(test, machine):
    changed_entries(test, machine)
    removed_host_key(machine)
    wrong_label(machine)
    reset_armed_and_cancelled(machine)
    new_password(test, machine)
    by_ssh(test, machine)
    nothing_was_denied(machine)
    test.holds("each applet does what root asks of it at the console, in a script, through a pipe and by ssh")


def changed_entries(test, machine):
    difference = machine.run("writable-etc --diff hostname | cat")
    expect("-aimee" in difference and "+living-room" in difference, f"writable-etc --diff hostname says: {difference}")
    machine.run("writable-etc --reset hostname")
    expect(machine.run("cat /etc/hostname; hostname") == "aimee\naimee", "the host name is not the image's after --reset")
    machine.run("rm /var/etc/hostname && writable-etc")
    expect(machine.run("stat -c %i /etc/hostname") == machine.run("stat -c %i /var/etc/hostname"),
           "what was removed from the store is not mounted anew")
    test.owner.types(machine, "echo living-room >/etc/hostname && writable-etc")
    expect(machine.run("hostname") == "living-room", "a new host name is not applied")


def removed_host_key(machine):
    """The public key, which is written again from the private one: the host keys stay those that clients know."""
    public = "/var/lib/ssh/ssh_host_ed25519_key.pub"
    before = machine.run(f"ssh-keygen -lf {public}; stat -c %C {public}")
    machine.run(f"rm {public} && ssh-hostkey-gen")
    after = machine.run(f"ssh-keygen -lf {public}; stat -c %C {public}")
    expect(after.replace("no comment", "") == before.replace("no comment", ""), f"{public}: was {before} and is {after}")


def wrong_label(machine):
    """Files are looked at where the note says that another policy labelled them."""
    machine.run("chcon -t etc_t /var/lib/secret && rm /var/lib/aimee/labels && aimee relabel-var")
    expect(":var_lib_t:" in machine.run("stat -c %C /var/lib/secret"), "relabel-var left a wrong label")


def reset_armed_and_cancelled(machine):
    machine.run("factory-reset --yes --no-reboot")
    expect("a factory reset is armed" in machine.run("factory-reset --status"), "no reset is armed")
    machine.run("factory-reset --cancel")
    expect("no factory reset is armed" in machine.run("factory-reset --status"), "the reset is armed still")


def new_password(test, machine):
    owner, console = test.owner, machine.console
    machine.run("printf 'of a script\\nof a script\\n' | set-root-password 2>&1 | cat")
    expect(owner.ssh(machine, "true", by="password").returncode == 255, "the old password logs in still")
    console.send("set-root-password")
    for question in ("New password: ", "Retype new password: "):
        console.wait(question)
        console.send(NEW_PASSWORD)
    console.wait("the new password is stored and in force")
    owner.has_password(NEW_PASSWORD)
    login = owner.ssh(machine, "id -un", by="password")
    expect(login.stdout == "root\n", f"no login by ssh and the new password: {login.stderr}")


def by_ssh(test, machine):
    for command, wanted in ASKED_BY_SSH.items():
        answer = test.owner.ssh(machine, command)
        expect(answer.returncode == 0 and wanted in answer.stdout,
               f"`{command}` by ssh ends with {answer.returncode} and says: {answer.stdout}{answer.stderr}")
