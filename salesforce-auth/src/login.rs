use std::fmt;
use std::str::FromStr;

use salesforce_http::{Error, ErrorKind, Result};
use url::{Host, Url};

/// Where to log in: a host that surely is Salesforce's, so that a secret typed into the wrong box goes nowhere.
///
/// What people paste is understood: a host alone, a Lightning or Setup page, capitals, a path.
///
/// ```
/// use salesforce_auth::LoginTarget;
///
/// let target: LoginTarget = "acme.lightning.force.com/lightning/setup/SetupOneHome/home".parse()?;
/// assert_eq!(target.url(), "https://acme.my.salesforce.com");
/// assert_eq!(LoginTarget::my_domain("acme--uat.sandbox")?.url(), "https://acme--uat.sandbox.my.salesforce.com");
/// assert!("https://acme.my.salesforce.com.attacker.test".parse::<LoginTarget>().is_err());
/// # Ok::<(), salesforce_http::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct LoginTarget {
    url: String,
    kind: Kind,
    allowed: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `login.` and `test.`: they route people, they are no org.
    Shared,
    MyDomain,
    /// An instance's name, such as `na12.salesforce.com`: it may answer, and is on its way out.
    Legacy,
    Loopback,
    /// On the caller's own list.
    Allowed,
}

const SHARED: [&str; 4] =
    ["login.salesforce.com", "test.salesforce.com", "login.sfcrmproducts.cn", "test.sfcrmproducts.cn"];

const MY_DOMAINS: [&str; 4] =
    [".my.salesforce.com", ".my.salesforce.mil", ".my-salesforce.com", ".my.sfcrmproducts.cn"];

/// Hosts of pages, and the API host of the same org.
const PAGES: [(&str, &str); 5] = [
    (".lightning.force.com", ".my.salesforce.com"),
    (".my.salesforce-setup.com", ".my.salesforce.com"),
    (".lightning.crmforce.mil", ".my.salesforce.mil"),
    (".my-lightning.com", ".my-salesforce.com"),
    (".lightning.sfcrmapps.cn", ".my.sfcrmproducts.cn"),
];

impl LoginTarget {
    /// The login host that production and developer orgs share. Not for client credentials.
    #[must_use]
    pub fn production() -> Self {
        Self { url: "https://login.salesforce.com".into(), kind: Kind::Shared, allowed: Vec::new() }
    }

    /// The login host that sandboxes share. Not for client credentials.
    #[must_use]
    pub fn sandbox() -> Self {
        Self { url: "https://test.salesforce.com".into(), kind: Kind::Shared, allowed: Vec::new() }
    }

    /// The My Domain of this name: `acme`, or `acme--uat.sandbox`, `acme-dev-ed.develop` and the like.
    ///
    /// # Errors
    /// The name cannot be part of a host.
    pub fn my_domain(name: &str) -> Result<Self> {
        let name = name.trim();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
        if name.is_empty() || !name.bytes().all(fits) {
            return Err(refused(name, "expected the name of a My Domain, such as `acme` or `acme--uat.sandbox`"));
        }
        Self::parse(&format!("{name}.my.salesforce.com"))
    }

    /// What somebody typed or pasted.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when the host is not one of Salesforce's login hosts or a My Domain, with what to
    /// use instead. Loopback is for tests; only there plain http and a port may stand.
    pub fn parse(text: &str) -> Result<Self> {
        Self::parse_allowing(text, &[] as &[&str])
    }

    /// As [`parse`](Self::parse), and these hosts are good too: an Experience Cloud site, a custom domain, a proxy of
    /// your own. Each is a host, or host and port, as it stands in the URL. The org behind such a login may be at one
    /// of them as well.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_allowing<S: AsRef<str>>(text: &str, hosts: &[S]) -> Result<Self> {
        let allowed: Vec<String> = hosts.iter().map(|host| host.as_ref().trim().to_ascii_lowercase()).collect();
        // Copied text brings marks that nobody sees.
        let unseen = |char: char| char.is_whitespace() || char.is_control() || "\u{feff}\u{200b}".contains(char);
        let text = text.trim_matches(unseen);
        let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        // With a scheme, so that a user and password before the host are seen as such and not shown.
        let shown = salesforce_http::redact::url(&whole);
        let shown = if whole == text { &shown } else { shown.strip_prefix("https://").unwrap_or(&shown) };
        let refuse = |why: &str| Err(refused(shown, why));
        let text = whole;
        let Ok(url) = Url::parse(&text) else {
            return refuse("expected a host such as acme.my.salesforce.com");
        };
        let authority = text.split_once("://").map_or("", |(_, rest)| rest);
        let authority = authority.split(['/', '\\', '?', '#']).next().unwrap_or_default();
        if !authority.is_ascii() || authority.contains(char::is_whitespace) || authority.contains(char::is_control) {
            return refuse("the host holds characters that no Salesforce host has");
        }
        if authority.contains('@') || !url.username().is_empty() || url.password().is_some() {
            return refuse("it holds a user; leave out what is before `@`");
        }
        let place = url.port().map_or_else(|| host_of(&url), |port| format!("{}:{port}", host_of(&url)));
        if is_loopback(&url) {
            let url = format!("{}://{place}", url.scheme());
            return Ok(Self { url, kind: Kind::Loopback, allowed });
        }
        if url.scheme() != "https" {
            return refuse("a login needs https");
        }
        if allowed.contains(&place) {
            return Ok(Self { url: format!("https://{place}"), kind: Kind::Allowed, allowed });
        }
        if url.port().is_some() {
            return refuse("Salesforce has no ports but the usual one; leave it out");
        }
        let Some(Host::Domain(host)) = url.host() else {
            return refuse("an address in numbers is no org; use the My Domain, such as acme.my.salesforce.com");
        };
        let host = PAGES.iter().find_map(|(page, api)| Some(format!("{}{api}", host.strip_suffix(page)?)));
        let host = host.unwrap_or_else(|| host_of(&url));
        match kind_of(&host) {
            Ok(kind) => Ok(Self { url: format!("https://{host}"), kind, allowed }),
            Err(why) => refuse(why),
        }
    }

    /// Scheme and host, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether it is `login.` or `test.`, which all orgs share.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.kind == Kind::Shared
    }

    /// What to change about it though it may work: a legacy host that Salesforce retires. The answer of the first login
    /// names the org's present address.
    #[must_use]
    pub fn warning(&self) -> Option<&'static str> {
        (self.kind == Kind::Legacy).then_some(
            "it is an instance's host, which Salesforce retires: use the org's My Domain, such as https://acme.my.salesforce.com",
        )
    }

    /// Whether it is this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.kind == Kind::Loopback
    }

    /// Whether a person may be sent to this page: one of an org, of a login host, or of this host itself.
    pub(crate) fn is_page_of_an_org(&self, page: &str) -> Result<()> {
        match Self::parse_allowing(page, &self.allowed) {
            Ok(target) if page.contains("://") && (target.kind != Kind::Loopback || self.is_loopback()) => Ok(()),
            _ => {
                let shown = salesforce_http::redact::url(page);
                let message = format!("the login at {self} sends people to `{shown}`, which is no page of Salesforce");
                Err(Error::new(ErrorKind::ForeignHost, message))
            }
        }
    }

    /// Whether a login here may send its tokens there: to a My Domain, to the login host itself if that is an org, to
    /// a host on the caller's list; to this machine only from this machine.
    pub(crate) fn may_lead_to(&self, instance_url: &str) -> Result<()> {
        let target = Self::parse_allowing(instance_url, &self.allowed);
        let good = match &target {
            Ok(target) => match target.kind {
                Kind::MyDomain | Kind::Allowed => true,
                Kind::Loopback => self.is_loopback(),
                // Only for who asked for one.
                Kind::Legacy => self.kind == Kind::Legacy,
                Kind::Shared => false,
            },
            Err(_) => false,
        };
        if good {
            return Ok(());
        }
        let shown = salesforce_http::redact::url(instance_url);
        let message = format!(
            "the login at {self} names `{shown}` as the org's address, which is no My Domain; no token is sent there. If \
             it is right, allow it with `LoginTarget::parse_allowing`"
        );
        Err(Error::new(ErrorKind::ForeignHost, message))
    }
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_ascii_lowercase()
}

fn kind_of(host: &str) -> Result<Kind, &'static str> {
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if SHARED.contains(&host) {
        return Ok(Kind::Shared);
    }
    if host.strip_suffix(".salesforce.com").is_some_and(is_instance) {
        return Ok(Kind::Legacy);
    }
    if let Some(name) = MY_DOMAINS.iter().find_map(|suffix| host.strip_suffix(suffix)) {
        let labels: Vec<&str> = name.split('.').collect();
        return match labels.as_slice() {
            [name] if label(name) => Ok(Kind::MyDomain),
            [name, partition] if label(name) && label(partition) && !is_instance(partition) => Ok(Kind::MyDomain),
            [name, partition] if label(name) && is_instance(partition) => Ok(Kind::Legacy),
            _ => Err("the part before the My Domain's suffix cannot be a name"),
        };
    }
    Err(match host {
        "welcome.salesforce.com" => "it finds a login page for people; use the My Domain it leads to",
        host if host.ends_with(".vf.force.com") || host.ends_with(".visualforce.com") => {
            "it is a page's host; use the My Domain of its org, such as acme.my.salesforce.com"
        }
        host if host.ends_with(".my.site.com") => {
            "it is a site; log in at the My Domain, or allow the site with `LoginTarget::parse_allowing`"
        }
        host if host.ends_with(".salesforce.com") => {
            "it is no host to log in at; use the My Domain, such as acme.my.salesforce.com"
        }
        _ => {
            "it is no host of Salesforce; nothing was sent. If it is right, allow it with `LoginTarget::parse_allowing`"
        }
    })
}

/// `cs34`, `na12`: the data centre's name where a partition's word should be.
fn is_instance(label: &str) -> bool {
    let letters = label.bytes().take_while(u8::is_ascii_alphabetic).count();
    (2..=3).contains(&letters) && letters < label.len() && label.bytes().skip(letters).all(|byte| byte.is_ascii_digit())
}

fn is_loopback(url: &Url) -> bool {
    let known = matches!(url.scheme(), "http" | "https");
    known
        && match url.host() {
            Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
}

fn refused(shown: &str, why: &str) -> Error {
    Error::new(ErrorKind::Config, format!("`{shown}` cannot be logged in at: {why}"))
}

impl FromStr for LoginTarget {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl fmt::Display for LoginTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.url)
    }
}

impl fmt::Debug for LoginTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoginTarget({})", self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_paste_is_understood() {
        for (text, url) in [
            ("acme.lightning.force.com/lightning/setup/SetupOneHome/home", "https://acme.my.salesforce.com"),
            (
                "https://acme--uat.sandbox.my.salesforce-setup.com/lightning/setup/x",
                "https://acme--uat.sandbox.my.salesforce.com",
            ),
            ("ACME.my.salesforce.com/", "https://acme.my.salesforce.com"),
            (" \u{feff}https://acme.my.salesforce.com:443?a#b\n", "https://acme.my.salesforce.com"),
            ("acme--dev.sandbox.lightning.force.com", "https://acme--dev.sandbox.my.salesforce.com"),
            ("acme.lightning.crmforce.mil", "https://acme.my.salesforce.mil"),
            ("acme.my-lightning.com", "https://acme.my-salesforce.com"),
            ("acme.lightning.sfcrmapps.cn", "https://acme.my.sfcrmproducts.cn"),
            ("x-dev-ed.develop.my.salesforce.com", "https://x-dev-ed.develop.my.salesforce.com"),
            ("acme.scratch.my.salesforce.com", "https://acme.scratch.my.salesforce.com"),
            ("acme.trailblaze.my.salesforce.com", "https://acme.trailblaze.my.salesforce.com"),
            ("login.salesforce.com", "https://login.salesforce.com"),
            ("https://test.salesforce.com/", "https://test.salesforce.com"),
            ("login.sfcrmproducts.cn", "https://login.sfcrmproducts.cn"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("http://localhost:1", "http://localhost:1"),
            ("https://[::1]:8443", "https://[::1]:8443"),
        ] {
            assert_eq!(LoginTarget::parse(text).unwrap().url(), url, "{text}");
        }
    }

    const FOREIGN: [&str; 25] = [
        "https://evil-my.salesforce.com.attacker.test",
        "https://attacker.test/.my.salesforce.com",
        "https://acme.my.salesforce.com@attacker.test",
        "https://acme.my.salesforce.com.attacker.test",
        "http://acme.my.salesforce.com",
        "https://acme.my.salesforce.com:8443",
        "https://evil-my.salesforce.com",
        "https://attackercrmforce.mil",
        "https://my.salesforce.com",
        "https://.my.salesforce.com",
        "https://a..my.salesforce.com",
        "https://a.b.c.my.salesforce.com",
        "https://acme.my.salesforce.com.",
        "https://acme.my.salesforce.com\\@attacker.test@x",
        "https://ácme.my.salesforce.com",
        "https://acme\u{ff0e}my.salesforce.com",
        "https://127.0.0.1.attacker.test",
        "https://10.0.0.1",
        "https://2130706433.attacker.test",
        "http://localhost.attacker.test",
        "https://welcome.salesforce.com/discovery",
        "https://acme--c.vf.force.com",
        "https://acme.my.site.com/customers",
        "ftp://127.0.0.1",
        "",
    ];

    #[test]
    fn hosts_that_are_not_salesforce_are_refused_before_a_secret_leaves() {
        for text in FOREIGN {
            // A backslash ends the host as a slash does, so this one leads to the org after all.
            let harmless = text.contains('\\');
            match LoginTarget::parse(text) {
                Err(error) => assert_eq!(error.kind(), ErrorKind::Config, "{text}"),
                Ok(target) => assert!(harmless && target.url() == "https://acme.my.salesforce.com", "{text}"),
            }
        }
    }

    #[test]
    fn a_host_on_the_callers_list_is_good_and_nothing_near_it() {
        let allowed = ["Login.Acme.example", "proxy.acme.example:8443"];
        let parse = |text| LoginTarget::parse_allowing(text, &allowed);
        assert_eq!(parse("login.acme.example/x").unwrap().url(), "https://login.acme.example");
        assert_eq!(parse("https://proxy.acme.example:8443").unwrap().url(), "https://proxy.acme.example:8443");
        for bad in ["http://login.acme.example", "x.login.acme.example", "login.acme.example:444", "proxy.acme.example"]
        {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_my_domain_is_made_from_its_name() {
        assert_eq!(LoginTarget::my_domain(" Acme ").unwrap().url(), "https://acme.my.salesforce.com");
        for bad in ["", "a/b", "attacker.test/", "a@b", "a b", "a.b.c"] {
            assert!(LoginTarget::my_domain(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn r_44_a_legacy_host_is_taken_with_a_warning_and_an_org_is_led_to_its_my_domain() {
        for text in ["na12.salesforce.com", "https://cs34.salesforce.com/", "https://acme--uat.cs34.my.salesforce.com"]
        {
            let login = LoginTarget::parse(text).unwrap();
            assert!(login.warning().unwrap().contains("My Domain"), "{text}");
            assert!(login.may_lead_to("https://acme.my.salesforce.com").is_ok());
            assert!(login.may_lead_to("https://attacker.test").is_err());
        }
        for text in ["acme.my.salesforce.com", "login.salesforce.com", "http://localhost:1"] {
            assert_eq!(LoginTarget::parse(text).unwrap().warning(), None, "{text}");
        }
        for bad in
            ["evilna12.salesforce.com", "na.salesforce.com", "12.salesforce.com", "na12.salesforce.com.attacker.test"]
        {
            assert!(LoginTarget::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_login_leads_to_orgs_only() {
        let login = LoginTarget::production();
        assert!(login.may_lead_to("https://acme.my.salesforce.com/").is_ok());
        for bad in [
            "https://attacker.test",
            "http://127.0.0.1:1",
            "https://login.salesforce.com",
            "https://na1.salesforce.com",
        ] {
            assert_eq!(login.may_lead_to(bad).unwrap_err().kind(), ErrorKind::ForeignHost, "{bad}");
        }
        assert!(LoginTarget::parse("http://localhost:1").unwrap().may_lead_to("http://127.0.0.1:2").is_ok());
        let login = LoginTarget::parse_allowing("login.salesforce.com", &["na1.salesforce.com"]).unwrap();
        assert!(login.may_lead_to("https://na1.salesforce.com").is_ok());
    }

    #[test]
    fn no_text_panics_or_leads_outside() {
        let pieces = [
            "https://",
            "http://",
            "acme",
            ".my.salesforce.com",
            "@",
            ":",
            "/",
            "\\",
            "%2e",
            "attacker.test",
            "é",
            "[::1]",
            "\u{0}",
            "?",
            "#",
        ];
        let mut random = 1_u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..6 {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(pieces[(random >> 33) as usize % pieces.len()]);
            }
            if let Ok(target) = LoginTarget::parse(&text) {
                let url = Url::parse(target.url()).unwrap();
                assert!(is_loopback(&url) || kind_of(url.host_str().unwrap()).is_ok(), "{text} → {target}");
            }
        }
    }
}
