//! Keys and signatures to test with; in a JWK stands `'` for `"`. Made by `tests/tokens/known_answers.py`.

use crate::algorithm::Algorithm;

/// A signature of [`TEXT`] that holds.
pub(crate) struct Case {
    pub(crate) algorithm: Algorithm,
    /// As a JWK.
    pub(crate) key: &'static str,
    /// In base64url.
    pub(crate) signature: &'static str,
}

/// What was signed.
pub(crate) const TEXT: &[u8] = b"eyJhbGciOiJhbnkifQ.eyJzdWIiOiJzb21lYm9keSJ9";

/// The secret of RFC 7515, appendix A.1.1.
pub(crate) const SECRET: &str = "\
    {'kty':'oct','k':'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow'}";

/// A key.
pub(crate) const RSA: &str = "\
    {'kty':'RSA','n':'oStDAxPTRkJlotyfAQ5Av4Q_2AWCwAD4AVWjBuiqDwHHHXvU9WBVdAm556KEJ6N2CbpPC7KqeLhOk8NKXxMEf0wKE18XBTZPL\
    tVdEBE8Z43USGbIzBCom5GbuklDH99F-22IG9p1aYOXqfCFLhhObG-5T-93sedKsbaBHI4InsIBM2rQPjUPgcvcsYJqR0rnSEo4tbFq3rPbOWG_9Vg6\
    WQMwjnS_D7VIUJfbtt_nFtoXAW5ePqMq-10LwSuiPcon6Xh_n4BJ91qbyVs2yOZxScUbFKIzmOb1b7utL47ir6izIEKCsHuS1LZZSpMwWFWJW_9afe3\
    JaBz6cvrh9pgaZQ','e':'AQAB'}";

/// A key.
pub(crate) const RSA_2049: &str = "\
    {'kty':'RSA','n':'l0SJJzLGcsA8d27I4ARib9Gy8hC3yLoKajguq6MOSCUrRmDasD-lSiNTSIZzuoQTO66llLGNKGQmbe7XqB_uRl_7hwOsLrZyC\
    j9i3jk4gjeM2bebB44ggLcjDeCRCtUtHkCC0AkW1uVsDG_35JR_AtrpvghlhJUI2xKhtaWJlPvVp_fZWQs8E55SbQ2rxRdugFnH-ICj8sDXdivZK7PU\
    NfDzy58o7Q6DQMTQzNW9oszK47SOKER5z4FmDtg_EKV9cuX52T5AiANcBZwVMs3SqN_gVIXALr7NRzf5USZuxWSptJJoP67CtfCVnPB2VrFj9mXS1g0\
    Bj_w33fxrspDflQ','e':'AQAB'}";

/// A key.
pub(crate) const RSA_1024: &str = "\
    {'kty':'RSA','n':'z5-R1LK9MpCvNPJmghMtiRJBOEzur59mx9EimzW1eYtnX6ib4pVdnv3nJlvJcRFms18bUoEjxmx7ZldES5FHaxUDjfYETw5J0\
    hpTgt8s2wsbin_v4xP_bWdS7k89YefYPifpuD4IW_jojLwqvziY0io3qRqpr-UAYqusncGPBVk','e':'AQAB'}";

/// A key.
pub(crate) const P256: &str = "\
    {'kty':'EC','crv':'P-256','x':'IFXJZuMPVINoFib5hPwu2TK0CdC-v4i0Kyw4KyFH--U','y':'cyrmvN4OTwEsxqp-tGxXeNAlBA17jhoEY8\
    _dCnQHQPk'}";

/// A key.
pub(crate) const P384: &str = "\
    {'kty':'EC','crv':'P-384','x':'fnuMxVPk_-yubr5-5H8YTWrwqSMotcXHxtK3hjiVEf0aQWHz3NxMM9yQhFw6jW-k','y':'fGnwmc72Y9BYW\
    2qUGTfRHdNRPvUnyJPzCj8bYxin7FhSGZM69sEfeMCkuGS3dxUo'}";

/// A key.
pub(crate) const P521: &str = "\
    {'kty':'EC','crv':'P-521','x':'AFoSl2A--lTdEkWMpWB2h8xK-lKQ6F46RzZTQ5E-iYaGAAKjZbtYHec4_q7_nasxv2UKcQF0xAj7mG4cOuGd\
    fxQG','y':'AeFPgOnu9wvqaknhEj4q1g8Cwq3AWjzIfspHsOGwtsOfvGKtXH-X9FRfGk6hSk9H8QOSadiDiQ5C-VcCSocuIA_J'}";

/// A key.
pub(crate) const ED25519: &str = "\
    {'kty':'OKP','crv':'Ed25519','x':'mR9nUr4k47GNuwKahOWKkF71fBHK3NodUOI69C7qHOM'}";

/// A key.
pub(crate) const OTHER_RSA: &str = "\
    {'kty':'RSA','n':'mBoKiJe2S0YtROPNKCJkqUND4kqqjNobi6E-8AON8BF-D9HWHFQHeFc5D1NaAdIAg_YZuQoenYnLfcWwp5TJq3a9_Pe8rXj2S\
    fscjj03w60Ohi8k8nMPlyp9E0lzPIydx6CkRRmm1EAcnFtCpf6p4HkbGgOx2Vyu0pyCqEHDfk__hCiCBMpvw68e3q4rpQnyFWCDNGM58aFs0cfN_Wvl\
    oZrnU4ggOZydjZh9gc2C6-S2aBWdVy5FZUbk2mtJeyOqelKM3rWtnf0NwIxK1TgRrvbhhzlsI6fggaQZehC7nBCT7FGcQ66fXuuiT-eU5-VBnPXS8a5\
    JshDYAHJvJ6Vj4Q','e':'AQAB'}";

/// A key.
pub(crate) const OTHER_P256: &str = "\
    {'kty':'EC','crv':'P-256','x':'FhtwvJG8SvU--LiymgdJBTF4yaPLyCQXCXbRm2PDSkU','y':'Mjxc_v5NIandhkFrW8UXIaLQt1BowCxbsR\
    -7cKMtueE'}";

/// A key.
pub(crate) const OTHER_P384: &str = "\
    {'kty':'EC','crv':'P-384','x':'h8NDsjaXZHDdOheEjo1NcXFPXOI6AQr6dy-jYOSwrcPD_0d0LDCyP2FmCe7uXEBK','y':'F5Itr2V2LGqsx\
    nh0isGg0tMMpvD0f9zayOSF5CEFRIoXx-IuO0DPhuwLM2wsqUyt'}";

/// A key.
pub(crate) const OTHER_P521: &str = "\
    {'kty':'EC','crv':'P-521','x':'AU_xkjFI3XEJI1tZIDOkVcnxQN7mp57iHfHtxvZKughs6Qj_LrRrHXeW_rIrLpn8vtDLc5BHUuhZefe7GEo9\
    ufdG','y':'AGYoxWNHOqiGj67gVhz8XB4rFT0J213vl3UUTwwNVW97IcFeFxTqGpxPk_FPfd5-QEytynpV0nIxYlB8IQhudtkp'}";

/// A key.
pub(crate) const OTHER_ED25519: &str = "\
    {'kty':'OKP','crv':'Ed25519','x':'hjJahFmmx19O3mCL9MyRl1Zq4lQIOqvr4BgzUPy4VyY'}";

/// `RSA` as SPKI, in base64.
pub(crate) const RSA_SPKI: &str = "\
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAoStDAxPTRkJlotyfAQ5Av4Q/2AWCwAD4AVWjBuiqDwHHHXvU9WBVdAm556KEJ6N2CbpPC7K\
    qeLhOk8NKXxMEf0wKE18XBTZPLtVdEBE8Z43USGbIzBCom5GbuklDH99F+22IG9p1aYOXqfCFLhhObG+5T+93sedKsbaBHI4InsIBM2rQPjUPgcvcsY\
    JqR0rnSEo4tbFq3rPbOWG/9Vg6WQMwjnS/D7VIUJfbtt/nFtoXAW5ePqMq+10LwSuiPcon6Xh/n4BJ91qbyVs2yOZxScUbFKIzmOb1b7utL47ir6izI\
    EKCsHuS1LZZSpMwWFWJW/9afe3JaBz6cvrh9pgaZQIDAQAB";

/// `RSA_2049` as SPKI, in base64.
pub(crate) const RSA_2049_SPKI: &str = "\
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAl0SJJzLGcsA8d27I4ARib9Gy8hC3yLoKajguq6MOSCUrRmDasD+lSiNTSIZzuoQTO66llLG\
    NKGQmbe7XqB/uRl/7hwOsLrZyCj9i3jk4gjeM2bebB44ggLcjDeCRCtUtHkCC0AkW1uVsDG/35JR/AtrpvghlhJUI2xKhtaWJlPvVp/fZWQs8E55SbQ\
    2rxRdugFnH+ICj8sDXdivZK7PUNfDzy58o7Q6DQMTQzNW9oszK47SOKER5z4FmDtg/EKV9cuX52T5AiANcBZwVMs3SqN/gVIXALr7NRzf5USZuxWSpt\
    JJoP67CtfCVnPB2VrFj9mXS1g0Bj/w33fxrspDflQIDAQAB";

/// `RSA_1024` as SPKI, in base64.
pub(crate) const RSA_1024_SPKI: &str = "\
    MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDPn5HUsr0ykK808maCEy2JEkE4TO6vn2bH0SKbNbV5i2dfqJvilV2e/ecmW8lxEWazXxtSgSPGbHt\
    mV0RLkUdrFQON9gRPDknSGlOC3yzbCxuKf+/jE/9tZ1LuTz1h59g+J+m4Pghb+OiMvCq/OJjSKjepGqmv5QBiq6ydwY8FWQIDAQAB";

/// `P256` as SPKI, in base64.
pub(crate) const P256_SPKI: &str = "\
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEIFXJZuMPVINoFib5hPwu2TK0CdC+v4i0Kyw4KyFH++VzKua83g5PASzGqn60bFd40CUEDXuOGgRjz90\
    KdAdA+Q==";

/// `P384` as SPKI, in base64.
pub(crate) const P384_SPKI: &str = "\
    MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEfnuMxVPk/+yubr5+5H8YTWrwqSMotcXHxtK3hjiVEf0aQWHz3NxMM9yQhFw6jW+kfGnwmc72Y9BYW2qUGTf\
    RHdNRPvUnyJPzCj8bYxin7FhSGZM69sEfeMCkuGS3dxUo";

/// `P521` as SPKI, in base64.
pub(crate) const P521_SPKI: &str = "\
    MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQAWhKXYD76VN0SRYylYHaHzEr6UpDoXjpHNlNDkT6JhoYAAqNlu1gd5zj+rv+dqzG/ZQpxAXTECPuYbhw\
    64Z1/FAYB4U+A6e73C+pqSeESPirWDwLCrcBaPMh+ykew4bC2w5+8Yq1cf5f0VF8aTqFKT0fxA5Jp2IOJDkL5VwJKhy4gD8k=";

/// `ED25519` as SPKI, in base64.
pub(crate) const ED25519_SPKI: &str = "MCowBQYDK2VwAyEAmR9nUr4k47GNuwKahOWKkF71fBHK3NodUOI69C7qHOM=";

/// `RSA` as PKCS#1, in base64.
pub(crate) const RSA_PKCS1: &str = "\
    MIIBCgKCAQEAoStDAxPTRkJlotyfAQ5Av4Q/2AWCwAD4AVWjBuiqDwHHHXvU9WBVdAm556KEJ6N2CbpPC7KqeLhOk8NKXxMEf0wKE18XBTZPLtVdEBE\
    8Z43USGbIzBCom5GbuklDH99F+22IG9p1aYOXqfCFLhhObG+5T+93sedKsbaBHI4InsIBM2rQPjUPgcvcsYJqR0rnSEo4tbFq3rPbOWG/9Vg6WQMwjn\
    S/D7VIUJfbtt/nFtoXAW5ePqMq+10LwSuiPcon6Xh/n4BJ91qbyVs2yOZxScUbFKIzmOb1b7utL47ir6izIEKCsHuS1LZZSpMwWFWJW/9afe3JaBz6c\
    vrh9pgaZQIDAQAB";

/// A key on secp256k1, which no algorithm here is for.
pub(crate) const SECP256K1_SPKI: &str = "\
    MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEKFGf+RlXOfo3ipKL3WP5C9izWh+omYL4x8yX2kK01RP9FMu2grhtE3oJ7Mulxto3kqjPs/3FCPweeG2WyTe\
    IJg==";

/// Every algorithm; RSA also with a modulus that fills no whole number of bytes.
pub(crate) const CASES: [Case; 15] = [
    Case { algorithm: Algorithm::Hs256, key: SECRET, signature: "GyUFHNW89V5-DYoQpbxVFpy5O_1pdgTRVhBVtNfsDE0" },
    Case {
        algorithm: Algorithm::Hs384,
        key: SECRET,
        signature: "ojyB2dDT75OfHQZ5H8nbdr_MtAL5SmK4ErpG5lyyb5UHTZlyWv4PJhM1PjsMuzas",
    },
    Case {
        algorithm: Algorithm::Hs512,
        key: SECRET,
        signature: "\
            -LB3qAwyvEbpSOIFrLK59qZUzmADcnGE03KFJjuQzGZWiuiMMCEcBNv773Y4ptcnkerdMA7fern8yDltoMBDTg",
    },
    Case {
        algorithm: Algorithm::Rs256,
        key: RSA,
        signature: "\
            iDTKivdiatOp9gylgTmZIHKB6xwZye0hWtgOMggHBsp7U-s-3v-UFdi4wrWyMYYgfYYZQ7Bb93E8dPGP_fRq95y72HlhviWW4Jco9HQrzv2\
            hrL8dIFDH7JlQde6dPWprMiwH5oKcCv9zRsJDOkAEmiqHiJ32-KPSJCF0wWOP4iT3gXYgpEQdDfZF0hJMMJWus2Si7LmE3aHkuFi3VrRAKb\
            MsYe6bquaVkS-0DTXL_ee75XXf78xzwUYsOot98JTpV0EVsuKO0MZo1fzDm7UU-Gkl-LverRNwGmtnfqhoIK-FD1a1X8ggtyVgarTWTqsRo\
            NC-Cz29SpeQqTguRaYcfA",
    },
    Case {
        algorithm: Algorithm::Rs384,
        key: RSA,
        signature: "\
            RcwZykyOVQSZETKz9R9AtyN_kD2OXaZ76OjsXM399sCYqtMHRXU7x5tktpAHPUvrTV8RnA6D5ph8gtA2VZVur8bCpbACJBKAW3ogRqQ2zDW\
            a2yykKpb2ZWJymDuSx8JRZy0a-GhFstIX2Hnv_yu32ZqX65n5ZJVvTUX7hJp8DfvQkRS31QJtlXRIpQiZLC1RV9njc41FJpGr5B-h3WSELM\
            6UyD3FdpycEISjjhhfpSWfKX_Q2ed6bPeQH4FbZ686zqxssPOgs7cv6NmsohrQlB3KvzNbhQbwM41j0GsEcPoFj42Yg07awfu3rqEbNtLAV\
            ubLeAVxuHh-1KeHSyozZQ",
    },
    Case {
        algorithm: Algorithm::Rs512,
        key: RSA,
        signature: "\
            hKTQcHPJ7FeLFle-QlASvRItSONAPiJr50i2o1YXlnlD_2hVpgVZDxnKPs0ARO2O6xISsrZlkxP1xeSxIMNwh9dAcv1Lz9DB_f1ipQEnne8\
            x1SLsCafjCuMc5LD7PXGE42WzoKeq0aMRYAkehYiDmeaE_-rOs_2ycccn5w2LRP6gdTMrJPfwsW9V7JWe2x8cbyJB4dgpESyAV2zxS2BEHQ\
            qoDbp4G5L59_fbNyVsQo1K7TI-9qWIgenSOl2oRGNfzrNKCVFCDZQjvek7Ey-HuWaG_DdnwH9q_O-SipauoPZk0aFhh912KGT2QH0kVHgrG\
            _wVwW-oqgRObkx3cnssTg",
    },
    Case {
        algorithm: Algorithm::Ps256,
        key: RSA,
        signature: "\
            GaXkUlgZDQhdH892HZvxCQA6jxO5qCR8FmF_U6dnoxPYz_6w3d539R3twxfWw_5RlJn3GnoX1YM9YGzMjhqa3HtZfhuhG3BhAjP7sh4ssXs\
            h5e7j-_dTMMgFyGj19fc7HtV-mVKbSbs50pTvBucWbLAals5y11VPHClI4OV-rWS8pOiUFUZ_6qD1vpKEE6I6zGFPQbzcKTqnKi40amhxCh\
            lrSaRFa5LV8DC-3XIgCDl7mUZUsNul7MgKjOUR7DQqr_VkOhGuwGPgov1rZtw_nfsied3w067ETPHtZxVJqVf5VsjLP1_yi1tsYPT-yJTX4\
            v01n2wmE0oTnQ9c1ziTqQ",
    },
    Case {
        algorithm: Algorithm::Ps384,
        key: RSA,
        signature: "\
            PqH0HrEDKosPqp2KMbTwuSkEQLe0OROkNa2lN4cdp1hOYGExVdscuev1Ovnyb3otL2b-UqVk6nBis7S32ldzwP-3FVHto0kPLmAyTO2giTV\
            y5qcNVibWyptRw--nlIwHVXGNjet-xYNw-_jT30L1HtRJgwL_kegnEC26AxyJJrq6wvwpXVmUr3LYhGCXo9P4cI16tz8t_xVJqaPTTuUHx4\
            ex42yCJi4NratPpxKdwvHZ2zrX2WmOOnhKzVMHQCDeSP21Wupsd2oppGfGmUJohICPcPL9Tu6MCFWlqX324_kKVCZ2VBjwDre7VSI8eOqHr\
            d7Ru2KdtN5su2fV1vkolw",
    },
    Case {
        algorithm: Algorithm::Ps512,
        key: RSA,
        signature: "\
            faVx5eARccNpMQNhseS8vxV4WrDGZc7lGDa9h3s9D98K1OL09VW65D-Xk4z3jDgnW5-2iDp9PClaFbgo0nCjuFe2jUOhUI4r9FPLSqc11O_\
            uOyW7tabyn1WV6TgngB0Bsr4bFtS_7W-fth3GOI0m04xz2kFPNjSQOT1o63SN2xIb3tXSV7eSIO-iP_kP8DojdTY6VJRWXJwy89z0zg1PLi\
            dOzltSTh06uYUkzQh1Y5DDVZLnXZ6TP_78Z2fZV0iwHr2pM6czbmHxvZwRSCobVyyYJDaeHFjK7wvQ5BOo1N5KDXzZDEe25IztlbFBNONb1\
            JUh9MWr-l-ONZ8wx-HYrg",
    },
    Case {
        algorithm: Algorithm::Rs256,
        key: RSA_2049,
        signature: "\
            bpijNabK2mHwCBaAI2z4FhDe8rA0QDZrrcOzTUKYJutY7fc4cYSCpTFpmaq5HOy0Y5KPocBjmlPyDztUxHd1XKF9lbdJyJa1kKwGL3n6gEa\
            kUFuW5HmELBQQbOpLvxP7wvV82EHtrPfG5xm2MR_xvu2PGYsoax6vrbVnFyApicYdUKMMhfrAmjrgkMEsfG0n4R7nPuExIKNpIksVLxiTQ5\
            PzOh72vRMhgvXDGBhf1fkZHqDqFQ8e9SgSyQlwViJS2oFxIXmw0rsg36PIdOe7ZWHWxq3lEAlL9ziyVYXFYp91ZlN5ls-e8dGIug7pH6YGH\
            GFo9TveEOKMTxh_MHK9HQ",
    },
    Case {
        algorithm: Algorithm::Ps256,
        key: RSA_2049,
        signature: "\
            S09Fa43kOMGg-zOY5inBbv0Or3e356fuPNnxQyxfNiSa5fnh5GWpj68xD4NCmXvC2y-NTOAydmxNaKAqZEWLPWq48W7vjJMc-0oYsGFsdp1\
            dmgtgxShovgvD9wov12Hb7ibyny3YOxIqfprYmFazfXwoWnyoW7-bbrs1-6x89SDgc0DJfaJBiEMhlBpRCWNmKMeVtNA36fNi1MahRJwGFj\
            1_XV9Es95lpZT3ghfntpoaoisxMphUJvcajkw7MS3Qv_iYdkG-mRwsJJ9IrBrNJbskemZ0B-g2d5d-oLpA80iib3XAXN5z6wczhlYSiVODd\
            A6_4FZNlYB7vZEq0wZpxQ",
    },
    Case {
        algorithm: Algorithm::Es256,
        key: P256,
        signature: "\
            UjJt6yz7d8gOu9YVFo3joki0lSoiP1bKQ2YOVKhrlxKwnNjiDuDjwvZwbg4X5Xch4zGZMAkVN_K9jIB06TFpjg",
    },
    Case {
        algorithm: Algorithm::Es384,
        key: P384,
        signature: "\
            bL6D7qQwjKuZuQv1S3zNuTfdklzquBb8qox__9KKizp4tjQXaBK6oIOz0VceKKCHjec6SKaIbAF5peAtJ_Yc9YgfJv32Gc5KF4wl0f-Qhb_\
            Mdd4ejmtRa2BVD6OOzcFL",
    },
    Case {
        algorithm: Algorithm::Es512,
        key: P521,
        signature: "\
            AKDRdRyxvwoQUkhNyJ7YrExGBAZ_Apw9I3ZYhSAzYFu59nsdDsQylK8MSoN6OvCyphFkjg6Eya9XcNZractPbNcDAUIgt2tndxnYXvtwyig\
            bC88pgXvJBwgvU8rZtgdqKElJ3JZ89c5BfJ_ifghJ19T2KYJs60DjnAA1A1W-FlbX7u2b",
    },
    Case {
        algorithm: Algorithm::EdDsa,
        key: ED25519,
        signature: "\
            xA5ea13XoO55jBT4OczyVWGpddFuaN3TQsE_QNMaRgvmUZ_Ti5uqsD8fskHj8hjBUAxhaiSMaZ4b5aHs88ghAg",
    },
];

/// ES256: r begins with a zero byte, s with a one bit.
pub(crate) const ES256_SHORT_R: &str = "\
    AJNN8gscaI6tOqfYY1hCJsA6DsiBZsmUi4r319ij4QWzvOqZrx0zr30QXTkLngz8ppDwV-_PPanWZ_aRqGA6SQ";

/// ES256: s begins with a zero byte, r with a one bit.
pub(crate) const ES256_SHORT_S: &str = "\
    ytFdLpimIDuJ9YCK62rSe5hMH1urpfOk_7OZkjQEh30AhE7lXB4lDGWGKMauOjb8n3uWfggaOK-R3yB3020WeQ";

/// The one before with the order less s: it holds too.
pub(crate) const ES256_TWIN: &str = "\
    ytFdLpimIDuJ9YCK62rSe5hMH1urpfOk_7OZkjQEh33_e7EZo-Ha9Jp51zlRxckDHWtkL579ZdVh2qpLKPYO2A";

/// The one before that as DER.
pub(crate) const ES256_DER: &str = "\
    MEUCIQDK0V0umKYgO4n1gIrratJ7mEwfW6ul86T_s5mSNASHfQIgAIRO5VweJQxlhijGrjo2_J97ln4IGjivkd8gd9NtFnk";

/// Of `P256` with SHA-512, which no algorithm is.
pub(crate) const P256_WITH_SHA512: &str = "\
    mjvY48FlIX97YjTThEp3kaKuoFevmf-2mMDsmVQ2Vh3bs6V7d6huBS0CDQkyLPn_1RKNyHlZC3KKASS0nlE91g";

/// PSS with SHA-256 and a salt of 0 bytes.
pub(crate) const PS256_SALT_NONE: &str = "\
    iedZsgzMEs7RYbJnGSlm44LwtnC4yeONUYsUEIjeIdMEzKOSBUn2odNCKO-ins_TOEN31iyiZR9yuVyAysvrAR0D73QwSTvdTLK0h_wPcLL-TEPB2WE\
    sdZO193PEFoASUchtjLjDoGJmYiX5SbFGPXKCX-glbq8LMI88qToI1Vg5Fz_5e5xYSjXBTplL-a9oY3lB_1b4LPkJ6hXtJrZg6yMvmf_uWOM2YIUXhd\
    GgDg8x7H2k_BpP9Iphqz0gcaYkEBQfkqo4oAq4ftDM4FRywyfHakcIyLi6xlRPb24kaPYL6ToAwg11efjpbw8DwtK0q5zQRRF4ps3wJ_xkeoQ-Zg";

/// PSS with SHA-256 and a salt of 222 bytes.
pub(crate) const PS256_SALT_LONG: &str = "\
    EZxlKkVkJs9GSjRzFwd_MKtDVew1AeWORMWYlraDb9U4lLw1IsaizBco9MYdA6JJcnOXNJSi4xAcXADiZ9vRHDmry1ebt3gsyQEFo9Jb_kYmN7lB5oq\
    7t5MBqzmwAZfb_y9nuzHyc0FxBWH6CvBXqhEvkgQ9c2jQEWO6mgWqEUjKGqhdO3hJpJ6GRR7f4XJHOyJViuPVCyP1DNV-RgWQSovOnY495sXPUHAlEp\
    g5_7ZttkCVVnFriYHqWZr_MpTNGEGzXelGbUhbpU9GRrJstAbmGjyUsdopJ9KBbmMKq9Ij-byC2qaZDYLh2P0pjF5zAW-ydEDbctjS1KrrY0PQRA";

/// PSS with SHA-256, but its mask made with SHA-512.
pub(crate) const PS256_MASK_SHA512: &str = "\
    K306ySdLKEDALUzTjjOVO7aW4uWeWpBAmhWoos3IL8CVi7VD3NM56MhiiJZHvAxtjMv5YB3If_Q2kGskkVECuEL90LCO9S7tYNBDtSet7jo9mRcBvqj\
    weoOsE7pDkraNfYeEZPGkXi57jEWRfr7-KPO37xhiv9y0w-FNczYEWUpSE2AFMoyxiKlgC8D8ZOcLAgwJQy4cIQRP_vmmhs8CCmw7Fhp39MtMCGcrRx\
    GfMjBunGqsSm0k9dx2MECJv3oiIoltkZxNKY-lP52yM60RkBHgoYixJw8UuCW-UwgmLB8Z4WnvDI5ahquflF558GHQewHe51TOl-CIgkv7119Y0A";

/// RS256 with the key of 1024 bits.
pub(crate) const RS256_WITH_1024: &str = "\
    UwWuVIHOTJ4w6NZfbgp9QDmo6tqPPu1YObVWiOXrEml5N9Unq2JWRgssy1xF1TyQHhp6bgFnrIDe0VrwjcNwsX671SbvqHLx3nWmSVlTp1uCPGKGCc_\
    SKZ06Hq5EgmTmXxu0GICV2MEmt3PjKSxLEvY8bhDYhYqoHCCmIwvBO9o";
