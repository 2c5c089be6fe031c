//! The texts that seeds are made of: with letters of many scripts, quotes, line ends and emoji.

use super::random::Random;

pub(super) const FIRST_NAMES: [&str; 24] = [
    "Ada",
    "Björn",
    "Chloé",
    "Dmitri",
    "Élodie",
    "Fatima",
    "Grace",
    "Hiroshi",
    "Ingrid",
    "João",
    "Katarzyna",
    "Liam",
    "Mária",
    "Noor",
    "Oluwaseun",
    "Петр",
    "Quentin",
    "Rosa",
    "Søren",
    "Tomás",
    "Uma",
    "Văn",
    "王",
    "Zoë",
];
pub(super) const LAST_NAMES: [&str; 24] = [
    "Andersson",
    "Brâncuși",
    "Černý",
    "D'Angelo",
    "Einstein",
    "Fernández",
    "García-López",
    "Hopper",
    "Ibn Sina",
    "Jørgensen",
    "Kowalska",
    "Lovelace",
    "Müller",
    "Nguyễn",
    "O'Brien",
    "Petrović",
    "Quist",
    "Řezník",
    "Şahin",
    "Turing",
    "Ødegård",
    "van der Berg",
    "Weiß",
    "佐藤",
];
const COMPANIES: [&str; 20] = [
    "Acme",
    "Blue Ridge",
    "Cobalt",
    "Düsseldorfer",
    "Évidence",
    "Fjord",
    "Global \"G\"",
    "Hanse",
    "Iberia",
    "Jade",
    "Krüger & Söhne",
    "Lumière",
    "Mañana",
    "Nordlicht",
    "Omega",
    "Pacific",
    "Quartz",
    "Rhône",
    "Straße 7",
    "東京",
];
const TRADES: [&str; 12] = [
    "Bikes",
    "Brewing",
    "Energy",
    "Foods",
    "Health",
    "Logistics",
    "Machines",
    "Media",
    "Paper",
    "Software",
    "Steel",
    "Tea",
];
const FORMS: [&str; 8] = ["AB", "GmbH", "Inc.", "Kft.", "Ltd", "S.A.", "SpA", "株式会社"];
pub(super) const CITIES: [(&str, &str, &str, i64, i64); 10] = [
    ("Berlin", "10115", "Germany", 52_520_008, 13_404_954),
    ("Zürich", "8001", "Switzerland", 47_376_887, 8_541_694),
    ("København", "1050", "Denmark", 55_676_098, 12_568_337),
    ("São Paulo", "01000-000", "Brazil", -23_550_520, -46_633_308),
    ("東京", "100-0001", "Japan", 35_689_487, 139_691_711),
    ("Boston", "02108", "USA", 42_360_082, -71_058_880),
    ("Łódź", "90-001", "Poland", 51_759_248, 19_455_983),
    ("Nairobi", "00100", "Kenya", -1_292_066, 36_821_946),
    ("Melbourne", "3000", "Australia", -37_813_628, 144_963_058),
    ("Montréal", "H2Y 1C6", "Canada", 45_501_689, -73_567_256),
];
const SENTENCES: [&str; 12] = [
    "The customer asked for a call back.",
    "Größe und Gewicht fehlen noch.",
    "Delivered \"as is\", see the note of the 3rd.",
    "見積もりを送りました。",
    "Price agreed: 1,200 € (net) 👍",
    "C:\\temp\\orders\\2024; \\n is no line end here",
    "Ça marche, à bientôt !",
    "<b>Not</b> bold & not &amp; either",
    "Ждём ответа.",
    "It's the customer's own words: 'fine'.",
    "Tab\there, and a zero-width\u{200b}space.",
    "👩‍👩‍👧 family discount, naïve façade",
];
pub(super) const SUBJECTS: [&str; 10] = [
    "Call",
    "Send quote",
    "Visit",
    "E-mail: délai de livraison",
    "Reklamation prüfen",
    "Follow up",
    "Demo",
    "Sign \"the\" contract",
    "お礼",
    "Retour n° 7",
];

pub(super) fn company(random: &mut Random) -> String {
    format!("{} {} {}", random.one(&COMPANIES), random.one(&TRADES), random.one(&FORMS))
}

/// A few lines, with both kinds of line ends.
pub(super) fn paragraph(random: &mut Random) -> String {
    let sentences = 1 + random.below(6);
    let mut text = String::new();
    for sentence in 0..sentences {
        if sentence > 0 {
            text.push_str(random.one::<&str>(&[" ", "\n", "\r\n", "\r\n\r\n"]));
        }
        text.push_str(random.one::<&str>(&SENTENCES));
    }
    text
}
