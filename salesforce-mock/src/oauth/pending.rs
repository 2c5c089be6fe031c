use std::collections::HashMap;
use std::time::Duration;

use salesforce_types::{RecordId, Timestamp};

/// How long a code of either kind is good.
const LIFE: Duration = Duration::from_secs(600);

/// How often a device may ask.
pub(crate) const INTERVAL: Duration = Duration::from_secs(5);

/// What an authorization code stands for.
#[derive(Clone)]
pub(crate) struct Code {
    pub(crate) user: RecordId,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) challenge: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) begun: Timestamp,
}

/// A device that waits for a person.
pub(crate) struct Device {
    pub(crate) device_code: String,
    pub(crate) user_code: String,
    pub(crate) client_id: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) begun: Timestamp,
    pub(crate) asked: Option<Timestamp>,
    pub(crate) verdict: Verdict,
}

/// What the person said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Nothing,
    Yes(RecordId),
    No,
}

/// Logins on their way.
#[derive(Default)]
pub(crate) struct Pendings {
    codes: HashMap<String, (Code, bool)>,
    devices: Vec<Device>,
}

impl Pendings {
    pub(crate) fn add_code(&mut self, text: String, code: Code) {
        self.codes.insert(text, (code, false));
    }

    /// Takes a code: it is good once.
    pub(crate) fn take_code(&mut self, text: &str, now: Timestamp) -> Result<Code, &'static str> {
        match self.codes.get_mut(text) {
            Some((code, used @ false)) => {
                *used = true;
                if now.since(code.begun) > LIFE { Err("expired authorization code") } else { Ok(code.clone()) }
            }
            Some(_) | None => Err("invalid authorization code"),
        }
    }

    pub(crate) fn add_device(&mut self, device: Device) {
        self.devices.push(device);
    }

    /// The device of a code that a person enters, as long as nobody has.
    pub(crate) fn device_of(&mut self, user_code: &str, now: Timestamp) -> Option<&mut Device> {
        let fits = |device: &&mut Device| {
            device.user_code.eq_ignore_ascii_case(user_code.trim())
                && device.verdict == Verdict::Nothing
                && now.since(device.begun) <= LIFE
        };
        self.devices.iter_mut().find(fits)
    }

    /// A device asks. What it gets is taken out.
    pub(crate) fn ask(
        &mut self,
        client_id: &str,
        device_code: &str,
        now: Timestamp,
    ) -> Result<Device, (&'static str, &'static str)> {
        let unknown = ("invalid_grant", "invalid device code");
        let fits = |device: &Device| device.device_code == device_code && device.client_id == client_id;
        let at = self.devices.iter().position(fits).ok_or(unknown)?;
        let device = self.devices.get_mut(at).ok_or(unknown)?;
        let last = device.asked.replace(now);
        if now.since(device.begun) > LIFE {
            self.devices.remove(at);
            return Err(("invalid_grant", "expired device code"));
        }
        match device.verdict {
            Verdict::Nothing if last.is_some_and(|last| now.since(last) < INTERVAL) => {
                Err(("slow_down", "polling too fast"))
            }
            Verdict::Nothing => Err(("authorization_pending", "the user has not approved this device yet")),
            Verdict::No => {
                self.devices.remove(at);
                Err(("access_denied", "end-user denied authorization"))
            }
            Verdict::Yes(_) => Ok(self.devices.remove(at)),
        }
    }
}
