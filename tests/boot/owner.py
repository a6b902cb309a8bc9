"""What an owner does with an appliance: at its console as root, and over ssh with a key."""
import os
import subprocess

from appliance import log_in
from scenario import expect


class Owner:
    """password and key are the owner's own; key: a file that ssh-keygen makes."""

    def __init__(self, folder):
        self.folder = folder
        self.key = f"{folder}/owner_key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "owner", "-f", self.key], check=True)
        with open(f"{self.key}.pub", encoding="ascii") as public:
            self.public_key = public.read().strip()
        self.askpass = f"{folder}/askpass"
        self.has_password("correct horse battery staple")

    def has_password(self, password):
        self.password = password
        with open(self.askpass, "w", encoding="ascii") as script:
            script.write(f"#!/bin/sh\necho '{password}'\n")
        os.chmod(self.askpass, 0o700)

    def accepts_the_offer(self, machine, host_name="aimee"):
        """Answers what the console of a device without a password asked, and logs in."""
        console = machine.console
        console.send("y")
        for question in ("New password: ", "Retype new password: "):
            console.wait(question)
            console.send(self.password)
        console.wait("the new password is stored and in force")
        self.logs_in(machine, host_name)

    def logs_in(self, machine, host_name):
        log_in(machine, self.password, host_name)

    def types(self, machine, command):
        """At the console, logged in; the command has to succeed."""
        machine.console.send(f"{command} && echo done $((1 + 1))")
        machine.console.wait("^done 2$")

    def ssh(self, machine, command, by="publickey", host_key=None):
        """By the key or by "password": the outcome, exit status 255 where no login was had. host_key: type and key of
        the only one that is taken; any is taken without it."""
        answer = {"SSH_ASKPASS": self.askpass, "SSH_ASKPASS_REQUIRE": "force"}
        trust = self.trust_only(machine, *host_key) if host_key else \
            ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
        return subprocess.run(
            ["ssh", "-F", "none", "-i", self.key, "-o", "IdentitiesOnly=yes", "-p", str(machine.ssh_port),
             "-o", f"PreferredAuthentications={by}", "-o", "NumberOfPasswordPrompts=1", "-o", "LogLevel=ERROR",
             "-o", "GlobalKnownHostsFile=none", "-o", "ConnectTimeout=120", *trust,
             "root@127.0.0.1", command], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
            env=os.environ | answer)

    def trust_only(self, machine, kind, key):
        known_hosts = f"{self.folder}/known_hosts"
        with open(known_hosts, "w", encoding="ascii") as known:
            known.write(f"[127.0.0.1]:{machine.ssh_port} {kind} {key}\n")
        algorithm = kind.replace("ssh-rsa", "rsa-sha2-512")
        return ["-o", "StrictHostKeyChecking=yes", "-o", f"UserKnownHostsFile={known_hosts}",
                "-o", f"HostKeyAlgorithms={algorithm}"]

    def finds_the_stored_host_keys(self, machine):
        """Logs in three times, where sshd has to prove the key of each type that /var/lib/ssh holds."""
        stored = [line.split()[:2] for line in machine.run("cat /var/lib/ssh/*.pub").splitlines()]
        expect(len(stored) == 3, f"/var/lib/ssh has the keys {stored}")
        for kind, key in stored:
            login = self.ssh(machine, "true", host_key=(kind, key))
            expect(login.returncode == 0, f"sshd's {kind} is not that of /var/lib/ssh: {login.stderr}")
