//! From a token to what it says: by a key of its issuer, and by nothing else.

use std::rc::Rc;

use sha2::{Digest, Sha256};
use verdict_policy::contract::Policy;
use verdict_policy::crypto::Crypto;
use verdict_policy::identity::Identity;
use verdict_policy::time::Now;

use crate::algorithm::Algorithm;
use crate::claims::{Claims, Set};
use crate::passing_on::PassingOn;
use crate::provider::{Found, Provider};
use crate::{Asks, JwtScope, Verified, jws, signature};

/// Why a token was not verified.
pub(crate) enum Unverifiable {
    /// It does not hold.
    Refused(Refused),
    /// The provider has no keys at the moment.
    NoKeys(usize),
    /// The provider has keys, but not the one of that number.
    UnknownKey(usize, String),
}

/// Why a token does not hold. Nothing of it is told to the client before the signature has held.
pub(crate) enum Refused {
    Malformed(jws::Malformed),
    /// The algorithm as it is written, and who does not allow it: the provider, or else its key.
    Algorithm {
        written: String,
        provider: Option<usize>,
    },
    Issuer(String),
    Signature(usize),
    /// Beyond this, the signature held.
    Audience {
        provider: usize,
        presented: Vec<String>,
    },
    Type {
        provider: usize,
    },
}

impl From<jws::Malformed> for Unverifiable {
    fn from(malformed: jws::Malformed) -> Self {
        Self::Refused(Refused::Malformed(malformed))
    }
}

impl JwtScope {
    /// Verifies a token, or remembers that it was. The times in it are not looked at: they are to be checked at every request.
    pub(crate) fn verify(
        &mut self,
        token: &[u8],
        asks: &Asks,
        now: Now,
        crypto: &dyn Crypto,
    ) -> Result<Rc<Verified>, Unverifiable> {
        let providers = &self.providers;
        let generation = |index: usize| providers.get(index).map_or(0, Provider::generation);
        if let Some(verified) = self.cache.find(token, &asks.providers, generation) {
            // Keys that are too old to be used vouch for nothing any more.
            return match providers.get(verified.provider).and_then(|provider| provider.key_set(now)) {
                Some(_) => Ok(verified),
                None => Err(Unverifiable::NoKeys(verified.provider)),
            };
        }
        let unverified = jws::parse(token)?;
        let claims = unverified.payload()?;
        let other_algorithm = || Refused::Algorithm { written: unverified.header().alg.clone(), provider: None };
        let Some(algorithm) = Algorithm::of(&unverified.header().alg) else {
            return Err(Unverifiable::Refused(other_algorithm()));
        };
        let issuer = claims.iss().unwrap_or_default();
        let of_issuer = asks
            .providers
            .iter()
            .filter_map(|index| Some((*index, providers.get(*index)?)))
            .find(|(_, provider)| provider.issuer == issuer);
        let Some((index, provider)) = of_issuer else {
            return Err(Unverifiable::Refused(Refused::Issuer(issuer.to_owned())));
        };
        if !provider.allows(algorithm) {
            let written = unverified.header().alg.clone();
            return Err(Unverifiable::Refused(Refused::Algorithm { written, provider: Some(index) }));
        }
        let Some(keys) = provider.key_set(now) else { return Err(Unverifiable::NoKeys(index)) };
        let kid = unverified.header().kid.as_deref();
        let unknown_key = || Unverifiable::UnknownKey(index, kid.unwrap_or_default().to_owned());
        let may_lack = provider.may_lack(kid, keys);
        let keys = match keys.find(kid, algorithm) {
            Found::Keys(keys) => keys,
            Found::Unknown => return Err(unknown_key()),
            Found::OtherAlgorithm if may_lack => return Err(unknown_key()),
            Found::OtherAlgorithm => return Err(Unverifiable::Refused(other_algorithm())),
        };
        let holds = keys.into_iter().any(|key| {
            let (text, signature) = (unverified.signing_input(), unverified.signature());
            signature::verify(key, algorithm, text, signature, crypto, self.host)
        });
        if !holds && may_lack {
            return Err(unknown_key());
        }
        if !holds {
            return Err(Unverifiable::Refused(Refused::Signature(index)));
        }
        if !provider.accepts_type(unverified.header().typ.as_deref()) {
            return Err(Unverifiable::Refused(Refused::Type { provider: index }));
        }
        if !provider.accepts_audience(&claims) {
            let presented = claims.audiences().map(str::to_owned).collect();
            return Err(Unverifiable::Refused(Refused::Audience { provider: index, presented }));
        }
        let verified = Rc::new(self.verified(index, provider, claims, token, &unverified));
        let generation = provider.generation();
        self.cache.insert(token, index, generation, &verified);
        Ok(verified)
    }

    /// What a verified token says. Only here: its signature has held, and it is of the right type and meant for this service.
    fn verified(
        &self,
        index: usize,
        provider: &Provider,
        claims: Claims,
        token: &[u8],
        parts: &jws::Unverified<'_>,
    ) -> Verified {
        let read = |paths: &[Vec<String>]| paths.iter().fold(Set::default(), |set, path| set.and(&claims.texts(path)));
        let (scopes, roles) = (read(&provider.scope_claims), read(&provider.role_claims));
        let PassingOn { identity, remembers, .. } = self.passing_on;
        // To know a request again, the digest suffices: who the caller is stays here, unless it is to be told.
        let told = if identity { claims.texts_at_the_top() } else { Vec::new() };
        let identity = (identity || remembers).then(|| Identity::new(Self::NAME, told, Some(digest(token))));
        let payload = self.passing_on.payload.as_ref().map(|_| parts.encoded_payload().to_vec()).unwrap_or_default();
        Verified { provider: index, claims, times: provider.times, scopes, roles, identity, payload }
    }
}

/// What a token is known by without being told: its SHA-256, in hexadecimal digits.
fn digest(token: &[u8]) -> String {
    Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect()
}
