//! Packets that are really lost, between workers in a network of their own and the servers: no proxy that takes a connection for a server
//! that is not there, no sign of an end, and TCP's own patience.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use crate::link::Link;
use crate::scenario::Profile::Long;
use crate::scenario::Scenario;
use crate::world::{Launch, To, World};

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("a third of the workers' packets is lost", Long, |world| {
            let network = Network::with_workers(world);
            world.work_begins();
            let seed = world.random.u32(..);
            network.lose(&Loss::AThird { seed });
            world.pause(150..=150);
            network.lose(&Loss::None);
            assert!(network.has_lost_some(), "no packet was lost");
            network.ends(world);
        }),
        Scenario::new(
            "the workers' packets are lost, one server and direction at a time",
            Long,
            |world| {
                let network = Network::with_workers(world);
                let documents = world.slow(5_000, 20);
                let id = world.submit(&documents);
                world.wait_until_begun(&id);
                for to in network.links.keys().copied().collect::<Vec<_>>() {
                    for direction in ["output", "input"] {
                        network.lose(&Loss::All { to, direction });
                        world.pause(25..=35);
                        network.lose(&Loss::None);
                        world.pause(5..=15);
                    }
                }
                assert!(network.has_lost_some(), "no packet was lost");
                network.ends(world);
            },
        ),
        Scenario::new(
            "no packet of a worker reaches the database for longer than the fence",
            Long,
            |world| {
                let network = Network::with_workers(world);
                world.work_begins();
                network.lose(&Loss::All {
                    to: To::Database,
                    direction: "output",
                });
                world.wait("the workers end", |world| {
                    world.workers.iter_mut().all(|worker| worker.has_ended())
                });
                network.ends(world);
            },
        ),
    ]
}

/// What is lost between the network and this machine.
enum Loss {
    None,
    /// Packets of all connections, in both directions.
    AThird {
        seed: u32,
    },
    /// All packets to a server, or from it.
    All {
        to: To,
        direction: &'static str,
    },
}

/// A network with workers in it, which reach the servers of this machine through links at one address, and nothing else. It has no route
/// to anywhere. Gone with this, and its rules with it.
struct Network {
    name: String,
    links: BTreeMap<To, Link>,
}

impl Network {
    /// One in which all workers are now.
    fn with_workers(world: &mut World) -> Self {
        install();
        let id = std::process::id();
        // One for each process, of the block that is for tests (RFC 2544).
        let [low, high] = [id % 256, id / 256 % 64 * 4].map(|byte| u8::try_from(byte).unwrap());
        let host = Ipv4Addr::new(198, 18, low, high + 1);
        let inside = Ipv4Addr::new(198, 18, low, high + 2);
        let (name, outer) = (format!("scutch{id}"), format!("sc{id}"));
        run("ip", &["netns", "add", &name]);
        let mut network = Self {
            name: name.clone(),
            links: BTreeMap::new(),
        };
        let within = |arguments: &[&str]| {
            run("ip", &[&["-n", &name], arguments].concat());
        };
        run(
            "ip",
            &[
                "link", "add", &outer, "type", "veth", "peer", "name", "inner", "netns", &name,
            ],
        );
        run(
            "ip",
            &["address", "add", &format!("{host}/30"), "dev", &outer],
        );
        run("ip", &["link", "set", &outer, "up"]);
        within(&["link", "set", "lo", "up"]);
        within(&["address", "add", &format!("{inside}/30"), "dev", "inner"]);
        within(&["link", "set", "inner", "up"]);

        let mut settings = Vec::new();
        for (to, key) in [
            (To::Broker, "broker.url"),
            (To::Database, "database.url"),
            (To::Redis, "redis.url"),
            (To::Elasticsearch, "output.elasticsearch.url"),
        ] {
            let url = match to {
                To::Broker => world.servers.amqp_url(),
                To::Database => world.servers.postgres_url(),
                To::Redis => world.servers.redis_url(),
                To::Elasticsearch => &world.elasticsearch.url,
            };
            let (_, server) = url.split_once("://").unwrap();
            let server = server
                .split('/')
                .next()
                .unwrap()
                .rsplit('@')
                .next()
                .unwrap();
            let link = Link::at(host, server.parse().unwrap(), world.runtime.handle());
            let seen = url.replace(server, &format!("{host}:{}", link.port));
            settings.push((key.to_owned(), seen));
            network.links.insert(to, link);
        }
        let launch = Launch {
            settings,
            prefix: ["ip", "netns", "exec", &name].map(str::to_owned).into(),
            ..Launch::default()
        };
        world.workers.clear();
        world.add_worker(&launch);
        world.add_worker(&launch);
        network
    }

    /// Loses these packets from now on and no others.
    fn lose(&self, loss: &Loss) {
        let mut chains = BTreeMap::from([("input", String::new()), ("output", String::new())]);
        match loss {
            Loss::None => {}
            Loss::AThird { seed } => {
                for (direction, port) in [("input", "sport"), ("output", "dport")] {
                    // What is sent again has another number, and so another chance.
                    let rule = format!(
                        "meta l4proto tcp jhash ip id . tcp {port} mod 100 seed {seed} < 33 counter name lost drop"
                    );
                    chains.insert(direction, rule);
                }
            }
            Loss::All { to, direction } => {
                let port = self.links[to].port;
                let side = if *direction == "output" {
                    "dport"
                } else {
                    "sport"
                };
                chains.insert(
                    direction,
                    format!("tcp {side} {port} counter name lost drop"),
                );
            }
        }
        let mut rules = "add table ip faults; add counter ip faults lost;\n".to_owned();
        for (direction, rule) in chains {
            rules += &format!(
                "add chain ip faults {direction} {{ type filter hook {direction} priority 0; }}; flush chain ip faults {direction};\n"
            );
            if !rule.is_empty() {
                rules += &format!("add rule ip faults {direction} {rule}\n");
            }
        }
        self.nft(&["-f", "-"], &rules);
    }

    fn has_lost_some(&self) -> bool {
        let counter = self.nft(&["list", "counter", "ip", "faults", "lost"], "");
        !counter.contains("packets 0 ")
    }

    fn nft(&self, arguments: &[&str], rules: &str) -> String {
        let mut nft = Command::new("ip")
            .args(["netns", "exec", &self.name, "nft"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        nft.stdin
            .take()
            .unwrap()
            .write_all(rules.as_bytes())
            .unwrap();
        let output = nft.wait_with_output().unwrap();
        assert!(output.status.success(), "nft does not take {rules}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// All is whole again; the usual workers are there too, and those in it work to the end of all jobs.
    fn ends(self, world: &mut World) {
        self.lose(&Loss::None);
        world.mended = Some(SystemTime::now());
        world.restock();
        let open = "SELECT count(*) FROM jobs WHERE completed_at IS NULL";
        world.wait("the jobs end", |world| {
            world.restock();
            world.number(open) == 0
        });
        // They end in order and are followed by others outside.
        for worker in world.workers.drain(..) {
            worker.stop();
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        drop(
            Command::new("ip")
                .args(["netns", "delete", &self.name])
                .status(),
        );
    }
}

/// Brings what is needed where it is missing.
fn install() {
    let has = |program: &str| {
        Command::new(program)
            .arg("-V")
            .stdout(Stdio::null())
            .status()
            .is_ok()
    };
    if has("ip") && has("nft") {
        return;
    }
    println!("    installing with apt: iproute2 nftables");
    let installed = Command::new("apt-get")
        .args([
            "install",
            "-qq",
            "-y",
            "--no-install-recommends",
            "-o",
            "DPkg::Lock::Timeout=600",
        ])
        .args(["iproute2", "nftables"])
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::null())
        .status();
    assert!(
        installed.is_ok_and(|status| status.success()),
        "needs iproute2 and nftables, as root"
    );
}

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {output:?}"
    );
}
