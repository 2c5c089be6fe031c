//! Notes, attachments, files.

use std::sync::Arc;

use bytes::Bytes;

use super::Demo;
use crate::Blob;
use crate::rules::Draft;
use crate::seed::random::Random;
use crate::seed::words::{self, SUBJECTS};
use crate::value::Value;

impl Demo {
    pub(super) fn files(&mut self) {
        let (accounts, cases, contacts) = (self.ids("Account"), self.ids("Case"), self.ids("Contact"));
        self.add_all("Note", 150, |fill, random, row| {
            fill.set("ParentId", *random.one(&accounts))
                .set("Title", &*format!("Note {row} — «{}»", random.one(&SUBJECTS)))
                .set("IsPrivate", false)
                .set("Body", &*words::paragraph(random))
        });
        self.add_all("Attachment", 20, |fill, random, row| {
            let bytes = bytes_of(random, row * 700);
            let parents = *random.one(&[&cases, &contacts]);
            fill.set("ParentId", *random.one(parents))
                .set("Name", &*format!("Anhang {row}.bin"))
                .set("ContentType", "application/octet-stream")
                .set("IsPrivate", false)
                .set("BodyLength", i64::try_from(bytes.len()).unwrap_or(0))
                .set("Body", Value::Blob(Arc::new(Blob::kept(bytes))))
        });
        let schema = Arc::clone(self.store.schema());
        let Some(versions) = schema.object("ContentVersion") else { return };
        let document = versions.field("ContentDocumentId").map_or(0, |field| field.index);
        for file in 0..20 {
            let draft = Draft::new()
                .with("PathOnClient", format!("Datei {file} é.{}", self.random.one(&["pdf", "txt", "png"])))
                .with("VersionData", bytes_of(&mut self.random, file * file * 150))
                .with("FirstPublishLocationId", accounts[file * 7 % accounts.len()]);
            let version = self.store.create(versions, &draft).expect("the demo's own file is accepted");
            if file % 5 == 0 {
                let of = self.store.find(version).and_then(|(_, row)| row.get(document).as_id());
                let draft = Draft::new()
                    .with("PathOnClient", format!("Datei {file} é v2.txt"))
                    .with("VersionData", bytes_of(&mut self.random, 2000))
                    .with("ContentDocumentId", of);
                self.store.create(versions, &draft).expect("the demo's own file is accepted");
            }
        }
    }
}

fn bytes_of(random: &mut Random, length: usize) -> Bytes {
    (0..length).map(|_| u8::try_from(random.below(256)).unwrap_or(0)).collect()
}
