use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use salesforce_http::{Clock, Error, ErrorKind, Result, SystemClock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::authorization_code::{Callback, CallbackError, PendingLogin};

/// The head of a request is short; what is not comes from no browser's redirect.
const MOST: usize = 16 * 1024;

/// How many connections are listened to at once. A browser opens some that it never uses.
const CONNECTIONS: usize = 16;

/// Receives the callback of one login on this machine, for programs without a web server of their own.
///
/// It listens on 127.0.0.1 (and on ::1, where browsers look for `localhost` too), takes the one callback that carries
/// the login's state, shows the person a plain page, and closes.
///
/// ```no_run
/// # async fn example() -> salesforce_http::Result<()> {
/// use std::time::Duration;
/// use salesforce_auth::{App, AuthorizationCode, Loopback};
///
/// let receiver = Loopback::bind(&[1717, 1718], "/OauthRedirect").await?;
/// let flow = AuthorizationCode::new("acme.my.salesforce.com", App::public("3MVG9…"), receiver.redirect_uri()).build()?;
/// let pending = flow.begin()?;
/// println!("open {} to log in to {}", pending.authorize_url(), flow.login());
/// let callback = receiver.receive(&pending, Duration::from_secs(120)).await?;
/// let grant = flow.finish(pending, callback).await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Loopback {
    listeners: Vec<TcpListener>,
    path: String,
    redirect_uri: String,
}

impl Loopback {
    /// Opens the first of these ports that is free. Each has to be registered with the app, as
    /// `http://localhost:PORT/PATH`; Salesforce compares them exactly.
    ///
    /// # Errors
    /// No port is free ([`CallbackError::NoPort`]), or the path does not begin with a slash or holds more than a path.
    pub async fn bind(ports: &[u16], path: &str) -> Result<Self> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
        if !path.starts_with('/') || !path.bytes().all(fits) {
            let message = "the path of a callback begins with a slash and holds letters, digits and `/-._~` only";
            return Err(Error::new(ErrorKind::Config, message));
        }
        for port in ports {
            let Ok(first) = TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).await else { continue };
            let Ok(port) = first.local_addr().map(|address| address.port()) else { continue };
            let mut listeners = vec![first];
            match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
                Ok(second) => listeners.push(second),
                // Somebody else's: browsers that try ::1 first would come to them.
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => continue,
                Err(_) => {}
            }
            let redirect_uri = format!("http://localhost:{port}{path}");
            return Ok(Self { listeners, path: path.to_owned(), redirect_uri });
        }
        Err(CallbackError::NoPort.into())
    }

    /// What to register, and to give to [`AuthorizationCode::new`](crate::AuthorizationCode::new).
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// The one callback that answers this login; whatever else knocks is turned away.
    ///
    /// # Errors
    /// [`CallbackError::NeverCame`] after `patience`, with what to look at.
    pub async fn receive(self, pending: &PendingLogin, patience: Duration) -> Result<Callback> {
        // Real time: it is a person that is waited for.
        let clock = SystemClock::new();
        match select(pin!(self.listen(pending)), clock.sleep(patience)).await {
            Either::Left((callback, _)) => callback,
            Either::Right(_) => Err(CallbackError::NeverCame.into()),
        }
    }

    async fn listen(&self, pending: &PendingLogin) -> Result<Callback> {
        let mut talks = FuturesUnordered::new();
        loop {
            let ended = async {
                match talks.next().await {
                    Some(callback) => callback,
                    None => std::future::pending().await,
                }
            };
            let accepted = match select(pin!(self.accept()), pin!(ended)).await {
                Either::Left((accepted, _)) => accepted,
                Either::Right((Some(callback), _)) => return Ok(callback),
                Either::Right((None, _)) => continue,
            };
            // Those beyond the limit are closed.
            if let Some(stream) = accepted.ok().filter(|_| talks.len() < CONNECTIONS) {
                talks.push(self.talk(stream, pending));
            }
        }
    }

    async fn accept(&self) -> std::io::Result<TcpStream> {
        let accepts = self.listeners.iter().map(|listener| Box::pin(listener.accept()));
        let ((stream, peer), ..) = match futures_util::future::select_all(accepts).await {
            (Ok(accepted), index, rest) => (accepted, index, rest),
            (Err(error), ..) => return Err(error),
        };
        debug_assert!(SocketAddr::ip(&peer).is_loopback());
        Ok(stream)
    }

    /// One connection: the callback, if it brought it.
    async fn talk(&self, mut stream: TcpStream, pending: &PendingLogin) -> Option<Callback> {
        let clock = SystemClock::new();
        let head = match select(pin!(head(&mut stream)), clock.sleep(Duration::from_secs(10))).await {
            Either::Left((head, _)) => head?,
            Either::Right(_) => return None,
        };
        let (reply, callback) = self.reply(&head, pending);
        let sent = async {
            let _ = stream.write_all(reply.as_bytes()).await;
            let _ = stream.shutdown().await;
        };
        let _ = select(pin!(sent), clock.sleep(Duration::from_secs(5))).await;
        callback
    }

    fn reply(&self, head: &str, pending: &PendingLogin) -> (String, Option<Callback>) {
        let mut line = head.lines().next().unwrap_or_default().split(' ');
        let (method, target) = (line.next().unwrap_or_default(), line.next().unwrap_or_default());
        let path = target.split('?').next().unwrap_or_default();
        if path != self.path {
            return (page("404 Not Found", "", "There is nothing here."), None);
        }
        match method {
            "GET" => {}
            // Chrome asks before a public page may lead to this machine.
            "OPTIONS" => {
                let more = format!(
                    "Access-Control-Allow-Origin: {}\r\nAccess-Control-Allow-Methods: GET\r\n\
                     Access-Control-Allow-Private-Network: true\r\n",
                    pending.login_origin()
                );
                return (page("200 OK", &more, ""), None);
            }
            _ => return (page("405 Method Not Allowed", "Allow: GET, OPTIONS\r\n", "This is for browsers."), None),
        }
        let callback = Callback::new(target);
        if !pending.is_answered_by(&callback) {
            return (page("400 Bad Request", "", "This is not the login that is waited for."), None);
        }
        let text = if callback.brings_a_code() {
            "You are logged in. You can close this window and go back to the program."
        } else {
            "The login was not completed. You can close this window; the program says why."
        };
        (page("200 OK", "", text), Some(callback))
    }
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;color:#222;background:#f3f3f3;margin:0}\
p{max-width:26rem;margin:15vh auto;padding:1.5rem 2rem;background:#fff;border:1px solid #ddd;border-radius:.5rem}";

/// A page that repeats nothing of what it was asked, and loads nothing.
fn page(status: &str, more: &str, text: &str) -> String {
    let body = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Salesforce login</title><style>{STYLE}</style>\
         <p>{text}</p>\n"
    );
    format!(
        "HTTP/1.1 {status}\r\n{more}Content-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: \
         close\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n\
         Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n\r\n{body}",
        body.len()
    )
}

/// The head of a request, if it is one and short enough.
async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut piece = [0; 2048];
    while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
        let read = stream.read(&mut piece).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(piece.get(..read)?);
        if bytes.len() > MOST {
            return None;
        }
    }
    String::from_utf8(bytes).ok()
}
