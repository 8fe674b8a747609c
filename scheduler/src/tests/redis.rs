use std::sync::{Arc, Mutex};

use shared::http;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Something that listens as Redis does, agrees to everything, and notes the keys that it was asked to forget.
#[derive(Clone, Default)]
pub(super) struct Redis(Arc<Mutex<Vec<String>>>);

impl Redis {
    pub(super) async fn start(
        tasks: &mut JoinSet<()>,
        address: &str,
        stop: CancellationToken,
    ) -> Self {
        let (listener, _) = http::bind(address).await.unwrap();
        let redis = Self::default();
        let serving = redis.clone();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            let accept = async {
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    connections.spawn(serving.clone().answer(stream));
                }
            };
            stop.run_until_cancelled(accept).await;
        });
        redis
    }

    /// The keys, each as often as it was named.
    pub(super) fn unlinked(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Commands come as arrays of strings: `*2 $6 UNLINK $1 k`, a line each.
    async fn answer(self, stream: TcpStream) {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        while let Ok(Some(head)) = lines.next_line().await {
            let count: usize = head.strip_prefix('*').unwrap().parse().unwrap();
            let mut words = Vec::new();
            for _ in 0..count {
                lines.next_line().await.unwrap();
                words.push(lines.next_line().await.unwrap().unwrap());
            }
            let answer = if words[0] == "UNLINK" {
                self.0.lock().unwrap().extend_from_slice(&words[1..]);
                ":1\r\n"
            } else {
                "+OK\r\n"
            };
            if write.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}
