use salesforce_types::SObject;

macro_rules! rows {
    ($($name:ident $parent:ty;)*) => {
        $(#[derive(serde::Deserialize, SObject)]
        struct $name {
            #[serde(rename = "Parent")]
            parent: $parent,
        })*
    };
}

rows! {
    A B;
    B C;
    C D;
    D E;
    E F;
    F String;
}

#[derive(serde::Deserialize, SObject)]
struct G {
    #[serde(rename = "Parent")]
    parent: A,
}

fn main() {}
