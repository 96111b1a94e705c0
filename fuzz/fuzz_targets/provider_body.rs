#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    arcadia_fuzz::provider_body(bytes);
});
