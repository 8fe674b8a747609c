//! A link to a server that can be cut, slowed, and reset: a proxy of TCP connections.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::sleep;

/// How a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// As it should be.
    Open,
    /// What clients send does not arrive, as where packets are dropped: nobody is told. (But connections can still be made.)
    CutToServer,
    /// What the server sends does not arrive.
    CutToClient,
    /// Nothing arrives.
    Cut,
    /// Connections are reset, and new ones too.
    Reset,
    /// Everything takes so many milliseconds longer.
    Slow(u64),
    /// A few bytes at a time.
    Dribble,
}

/// A link; it is there until this is dropped.
pub(crate) struct Link {
    /// Where clients connect.
    pub(crate) port: u16,
    condition: watch::Sender<Condition>,
    /// How often its condition was felt.
    felt: Arc<AtomicU64>,
    accepting: tokio::task::JoinHandle<()>,
}

/// What a connection knows of its link.
#[derive(Clone)]
struct Watched {
    condition: watch::Receiver<Condition>,
    felt: Arc<AtomicU64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    ToServer,
    ToClient,
}

/// A connection that broke, or was broken.
struct Broken;

impl Link {
    /// One to this server.
    pub(crate) fn to(server: SocketAddr, runtime: &Handle) -> Self {
        Self::at(Ipv4Addr::LOCALHOST, server, runtime)
    }

    /// One to this server, for clients that see this machine under another address.
    pub(crate) fn at(address: Ipv4Addr, server: SocketAddr, runtime: &Handle) -> Self {
        let (condition, watched) = watch::channel(Condition::Open);
        let felt = Arc::new(AtomicU64::new(0));
        let watched = Watched {
            condition: watched,
            felt: Arc::clone(&felt),
        };
        let listener = runtime.block_on(TcpListener::bind((address, 0))).unwrap();
        let port = listener.local_addr().unwrap().port();
        let accepting = runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server, watched.clone()));
            }
        });
        Self {
            port,
            condition,
            felt,
            accepting,
        }
    }

    /// Makes it so, for connections that are there too.
    pub(crate) fn set(&self, condition: Condition) {
        self.condition.send_replace(condition);
    }

    /// How often something was held up or broken by it until now.
    pub(crate) fn felt(&self) -> u64 {
        self.felt.load(Ordering::Relaxed)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Watched {
    fn now(&self) -> Condition {
        *self.condition.borrow()
    }

    /// The condition, as soon as something passes this way.
    async fn passes(&mut self, way: Way) -> Result<Condition, Broken> {
        if self.now() != Condition::Open {
            self.felt.fetch_add(1, Ordering::Relaxed);
        }
        let passes = |now: &Condition| match now {
            Condition::Cut => false,
            Condition::CutToServer => way != Way::ToServer,
            Condition::CutToClient => way != Way::ToClient,
            Condition::Open | Condition::Reset | Condition::Slow(_) | Condition::Dribble => true,
        };
        let now = self.condition.wait_for(passes).await;
        now.map(|now| *now).map_err(|_| Broken)
    }

    /// Returns when connections are reset, or the link is gone.
    async fn is_reset(&mut self) {
        drop(
            self.condition
                .wait_for(|now| *now == Condition::Reset)
                .await,
        );
        self.felt.fetch_add(1, Ordering::Relaxed);
    }
}

async fn carry(mut client: TcpStream, server: SocketAddr, mut link: Watched) {
    if link.now() == Condition::Reset {
        link.felt.fetch_add(1, Ordering::Relaxed);
        return reset(&client);
    }
    let Ok(mut server) = TcpStream::connect(server).await else {
        return reset(&client);
    };
    for stream in [&client, &server] {
        drop(stream.set_nodelay(true));
    }
    let outcome = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let (there, back) = (link.clone(), link.clone());
        tokio::select! {
            outcome = async {
                tokio::try_join!(
                    pump(from_client, to_server, Way::ToServer, there),
                    pump(from_server, to_client, Way::ToClient, back),
                )
            } => outcome,
            // Whoever is in the middle of something finds the connection gone.
            () = link.is_reset() => Err(Broken),
        }
    };
    if outcome.is_err() {
        reset(&client);
        reset(&server);
    }
}

/// Has it end in a reset and not in order.
fn reset(stream: &TcpStream) {
    drop(stream.set_zero_linger());
}

/// Carries everything one way, and at last that nothing more comes; what does not pass is kept and arrives later, as TCP sends it again.
async fn pump(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    way: Way,
    mut link: Watched,
) -> Result<(), Broken> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = from.read(&mut buffer).await;
        // Of an end nobody hears either where nothing passes.
        let mut now = link.passes(way).await?;
        let read = read.map_err(|_| Broken)?;
        if read == 0 {
            // The other way may go on.
            return to.shutdown().await.map_err(|_| Broken);
        }
        let mut left = &buffer[..read];
        while !left.is_empty() {
            let size = match now {
                Condition::Slow(milliseconds) => {
                    sleep(Duration::from_millis(milliseconds)).await;
                    left.len()
                }
                Condition::Dribble => {
                    sleep(Duration::from_millis(1)).await;
                    left.len().min(7)
                }
                Condition::Open
                | Condition::Reset
                | Condition::Cut
                | Condition::CutToServer
                | Condition::CutToClient => left.len(),
            };
            let (sent, rest) = left.split_at(size);
            to.write_all(sent).await.map_err(|_| Broken)?;
            left = rest;
            now = link.passes(way).await?;
        }
    }
}
