"""Which of AWS's images stand in the region's registry. In: an account, an image. Effect: asks ECR, changes nothing."""

from seikaku.cloud.account.images import TRAINING_SUCCESSOR, Image, find_image, training_image
from seikaku.cloud.account.session import Account


def is_listed(account: Account, image: Image) -> bool:
    """Whether the region's registry has the image. Raises botocore's ClientError where it may not be asked."""
    answer = account.client("ecr").batch_get_image(
        registryId=image.registry(account.region),
        repositoryName=image.repository,
        imageIds=[{"imageTag": image.tag}],
    )
    return bool(answer.get("images"))


def choose_training_image(account: Account) -> str:
    """The address of the image that jobs run in: the successor where AWS lists it in the region, else the pinned one.

    A registry that may not be asked, or answers with an error, leaves the pinned one: a job must not fail for it.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    successor = find_image(TRAINING_SUCCESSOR)
    try:
        if successor is not None and is_listed(account, successor):
            return successor.address(account.region)
    except (BotoCoreError, ClientError):
        pass
    return training_image(account.region)
