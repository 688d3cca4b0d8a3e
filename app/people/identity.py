"""Who somebody is, as fingerprints: neither the person nor what their browser carries is kept."""

from app.deployment import Deployment


def local_identity(deployment: Deployment) -> str:
    """The one person of an embedded installation, who needs no sign-in elsewhere."""
    return deployment.fingerprints.of("identity", "local")


def identity_of(deployment: Deployment, *subject: str) -> str:
    """Somebody whom a provider knows, by the words that name them there for good."""
    return deployment.fingerprints.of("identity", "openid", *subject)


def sign_in_id(deployment: Deployment, token: str) -> str:
    """The id of the sign-in that a token belongs to."""
    return deployment.fingerprints.of("sign-in", token)
