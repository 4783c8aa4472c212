//! What a host is tried with: signatures that hold. Made once, by `tests/tokens/known_answers.py`.

use crate::algorithm::Algorithm;

/// A signature of [`TEXT`].
pub(super) struct KnownAnswer {
    pub(super) algorithm: Algorithm,
    /// The key: a DER `SubjectPublicKeyInfo` in base64url.
    pub(super) key: &'static str,
    /// As a JWS carries it, in base64url.
    pub(super) signature: &'static str,
}

/// What was signed.
pub(super) const TEXT: &[u8] = b"A host that can verify says yes to this.";

/// The key of the signatures with RSA.
const RSA: &str = "\
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAlhNwB7p5yfZGvb2mFy4BZgdovFVlgYFWOUG4fpPCoAiUk_CHnW2L-aQPD4IgCYSgSlvBNw4\
    M0092WY5ChT30rcpnrdFChU3NNdRz2s1aKy_FUNjpo_lrHMrtdXgkBjig7tkKOPuJ3JwznSpFkV93S_PfcelKM1Gul1bngcr14_v0O1gGhnnqP6rLft\
    Fu9J_zAgjj20fBR9mhsFzQuxGM6y9I9qWoT5SXrlcCUEu52JKNsL1Nbwakku4pxKIg42J0HU0Fz4RjTO9kxu4s4eqDb4VWRBPvYoMBbNEp0Y9AtLibB\
    cFqPk6NH2YVwYYD0gkGMBaegesJYr77_Op7MPCQRwIDAQAB";

/// One for each algorithm that a host may know.
pub(super) const KNOWN_ANSWERS: [KnownAnswer; 6] = [
    KnownAnswer {
        algorithm: Algorithm::Rs256,
        key: RSA,
        signature: "\
            PY2FzZVS08c-cDsMSe3CBFo5LCFPgdGW56rFjAC_eY6sY-HHBN4gNclCk4VP3OcLbBY85B5t_R7Dppo-JoDFkTRUnCUss0JjqvrFQRvHoRi\
            L0JMpQ1NWKrKWG5IJ08Q3MKg19COMOnSbCe5cvS6PF4qARMGPcK_h1atY7MsAjGo60HXIjUCWYY23E3Rnfs5b7idZx1fVVcocLvHDxNOZ8R\
            iK6BQn68l0F39sERCy0yFb1MPt4PWgxrbLH5BpEGH4KIGR2I6CYb0A7p__34RfXsCip7BVDgJ9DlMGLr6w8AWfT2rOAcRdBIW7gi25OajCd\
            PF0rvJql6sFH_v1xQ-4dA",
    },
    KnownAnswer {
        algorithm: Algorithm::Rs384,
        key: RSA,
        signature: "\
            XSv_8tihk9UhKVlm0YBCdYaNHbehdxJ5F590JrpbwB3M2LpedBUrV8PVS_0xu3hyoZKaYT7m2R-c8vGFyZUJsEchZ69tCnTtZyI9JCmh3qW\
            EC_44LV-YbXOfSVCbLvoDPvBEMYgO0NvG_ot0IeKzevxD-JXfrKyMvbUc0yhyJTNDz7JPQ8Ut6cADF2ukAl8ADxPTgQbyXxfgNvk2tEDH22\
            WsZagDGEjXQ2z_SYFngVvE_F63U9XTS05Mn3Bga3Q3sg_t7sk2EMO7g37lnsdYiPcBIQVpdZre-9od0SReFmehX4joTBaOf6QYYXcxDzO6e\
            uCAvrLSfgZDc93tREcTug",
    },
    KnownAnswer {
        algorithm: Algorithm::Rs512,
        key: RSA,
        signature: "\
            E5aXxdLn9H-RP0sj--6FWJ5ExB0S1OYPrqcxDcjCpmR7XknquJl2vgGgj9q17CSrdWV6MXzkWkXgGGKnQ_LJD8HSPptEx-crFTdFk425HRk\
            boz3eW9jHfcPydKUY2SPOdHmjU4wjFxLVxuwJ6frRKPmulA7e0WnT01Zot_WC5xBABT5rgQrcsUeJ9xs4CTz8LWzTvOGaBeRmo6Kom5qSHQ\
            _Lpf-PeVRcbzhgqpDgD_wFkmcK4-ICOZK43ncSjqcbb4t6EdhaUnJbEqTcMrErx6BiuQfKyi_2Dgn2fuwEoC7TtChbu_L16jLvyTZqtwbIz\
            wJ66RvLH9sHMnJAH_QbUg",
    },
    KnownAnswer {
        algorithm: Algorithm::Es256,
        key: "\
            MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMeO6wgeZeUocpyCNK8Z9kEWjfL0aIChVZySVX2YZ2IyxjPBW4VZ_JW2sc2oENT8xQpvv9uS\
            D-CDzpjw4rB0m6A",
        signature: "\
            X6G9bVoMvZbnWB41JVIQTZY1fxSVBsrjSbXrjYShxT6cLqp6rhh8t_Ewklm-jVeRX06tQYDQmTS8ffFe1lHfkQ",
    },
    KnownAnswer {
        algorithm: Algorithm::Es384,
        key: "\
            MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEZ5LcsCt7xLm1YKsbqbK-OyYjhAmgvGe7-Br2qV8-DiPTHaGO4XVLGTHnQoN76AAs0S3e28OEWZF\
            2lep68TLzoryxvXIgfK8Bo3mY_up77k1TSGdolg6o_qtMmIV902nk",
        signature: "\
            1sU1M1zvp4nU1sPh4eJepRwQsZ4-_2s1d82LhpguPlvHCNHfiyEAOnNzysL4wB3RVGkubKoAewwQb1b0mL2xcQVtaFRtwpCoxyIp8lU7Dsh\
            J1kIRD8rPW8SApzSfjF86",
    },
    KnownAnswer {
        algorithm: Algorithm::Es512,
        key: "\
            MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQBWWhHro-u0BndTLtmGJFdJIDamuhHfQGmlXTtktWpXNTUfFu4lOGLPTFtj8vXVXCWG_ECvXU\
            AI8bNjURr0np-qMQAc7fzfr6V_e2UKKqdQDE8PhSeRB3L0jc1iiOJKDpbPAh2ArA7p9KKDlAwsBzn5Igf2KKbp4_Kn3aYaDtAw2fX_70",
        signature: "\
            AFEZUAKTqQ16RKOPqVZoazep6dsSAq3vHJG9iuLmXnvsvh54IJFKsyWNvoiF4M5wPytEHnvZgfTnVS6eiv1GfKbDACaDiOWk7NX0rcVxp6M\
            qVNMsYkLoOQ_rcL_rHnknnyuWkHOzis8n92_XTtSkj4c9Pmp7hcZjnY6_mL0hWzSETf-R",
    },
];
