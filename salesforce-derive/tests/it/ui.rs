#[test]
fn a_mistake_is_a_sentence_at_its_place() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
