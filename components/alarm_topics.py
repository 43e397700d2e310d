"""Where alarms go: a topic that wakes somebody, and one that waits until the morning."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from stargate.components.iam import VERSION
from stargate.components.naming import component_name
from stargate.errors import StargateError

# Say for whom they publish, so that no other account's alarm or budget reaches the topics.
PUBLISHERS: Final = ("budgets.amazonaws.com", "cloudwatch.amazonaws.com", "events.rds.amazonaws.com")
# EventBridge tells neither SNS nor KMS for which account it acts: a condition would drop every event without a trace.
# Sources: EventBridge user guide, resource-based policies; SNS developer guide, key management.
EVENTS: Final = "events.amazonaws.com"
# RDS is not known to tell KMS; who may publish is the topic's policy to say in any case.
KEY_WITHOUT_ACCOUNT: Final = (EVENTS, "events.rds.amazonaws.com")
KEY_WITH_ACCOUNT: Final = tuple(service for service in PUBLISHERS if service not in KEY_WITHOUT_ACCOUNT)
# The shortest that KMS offers; an alarm that nobody can decrypt any more is no loss.
KEY_DELETION_DAYS: Final = 7


@dataclass(frozen=True, kw_only=True)
class AlarmTopicsArgs:
    """Who hears of what: each address is asked once by AWS whether it wants to."""

    page_emails: Sequence[str] = ()
    ticket_emails: Sequence[str] = ()
    """Addresses that AWS asks once, by e-mail, whether they want to hear."""
    page_urls: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    ticket_urls: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """HTTPS endpoints of services that confirm by themselves, by a name such as `pagerduty`; they may be secret."""
    region: str | None = None
    """The stack's own without. An alarm reaches topics of its own region alone, and CloudFront's are in us-east-1."""

    def __post_init__(self) -> None:
        """Refuse addresses that AWS could not reach."""
        for what, emails in (("page_emails", self.page_emails), ("ticket_emails", self.ticket_emails)):
            for email in emails:
                if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
                    raise StargateError(f"alarms.{what} has {email}: choose an address such as ops@example.com")
            if len(set(emails)) < len(emails):
                raise StargateError(f"alarms.{what} has {', '.join(emails)}: name each address once")
        for what, urls in (("page_urls", self.page_urls), ("ticket_urls", self.ticket_urls)):
            for name, url in urls.items():
                if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
                    raise StargateError(f"alarms.{what} names {name}: choose lower-case letters, digits and hyphens")
                # The address may carry a token: it is not repeated.
                if isinstance(url, str) and not url.startswith("https://"):
                    raise StargateError(f"alarms.{what} {name} does not begin with https://: choose an HTTPS address")


class AlarmTopics(pulumi.ComponentResource):
    """Two SNS topics, `page` and `ticket`, encrypted with a key of their own, and their subscriptions.

    Builds: the key, the topics, their policies, a subscription for each address. The key is the account's own because
    CloudWatch has no part in `alias/aws/sns`: its alarms would end there without a word.
    """

    page_arn: pulumi.Output[str]
    ticket_arn: pulumi.Output[str]
    key_arn: pulumi.Output[str]
    region: str

    def __init__(self, name: str, args: AlarmTopicsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build them."""
        super().__init__("stargate:index:AlarmTopics", component_name(name), None, opts)
        self._name, self._args = name, args
        self._below = pulumi.ResourceOptions(parent=self)
        invoke = pulumi.InvokeOptions(parent=self)
        self._account = aws.get_caller_identity(opts=invoke).account_id
        self.region = args.region or aws.get_region(opts=invoke).region
        key = aws.kms.Key(
            f"{name}-key",
            description=f"Messages of the alarms {name}",
            enable_key_rotation=True,
            deletion_window_in_days=KEY_DELETION_DAYS,
            policy=key_policy(self._account),
            region=args.region,
            opts=self._below,
        )
        self.key_arn = key.arn
        self.page_arn = self._topic("page", args.page_emails, args.page_urls)
        self.ticket_arn = self._topic("ticket", args.ticket_emails, args.ticket_urls)
        self.register_outputs({"page_arn": self.page_arn, "ticket_arn": self.ticket_arn, "key_arn": self.key_arn})

    def _topic(self, severity: str, emails: Sequence[str], urls: Mapping[str, pulumi.Input[str]]) -> pulumi.Output[str]:
        topic = aws.sns.Topic(
            f"{self._name}-{severity}",
            display_name=f"{pulumi.get_project()} {pulumi.get_stack()} {severity}",
            kms_master_key_id=self.key_arn,
            # Signed with SHA-256, so that a receiver can tell AWS's message from another's.
            signature_version=2,
            region=self._args.region,
            opts=self._below,
        )
        # Events are tickets: the topic that wakes somebody admits nobody who does not say for whom he acts.
        events = severity == "ticket"
        policy = aws.sns.TopicPolicy(
            f"{self._name}-{severity}-policy",
            arn=topic.arn,
            policy=topic.arn.apply(lambda arn: topic_policy(arn, self._account, events=events)),
            region=self._args.region,
            opts=self._below,
        )
        for email in emails:
            self._subscribe(severity, re.sub(r"[^a-z0-9]+", "-", email.lower()), topic, "email", email)
        for name, url in urls.items():
            self._subscribe(severity, name, topic, "https", url)
        # RDS refuses to subscribe a topic that does not admit it yet.
        return pulumi.Output.all(topic.arn, policy.id).apply(lambda both: str(both[0]))

    def _subscribe(
        self, severity: str, who: str, topic: aws.sns.Topic, protocol: str, endpoint: pulumi.Input[str]
    ) -> None:
        aws.sns.TopicSubscription(
            f"{self._name}-{severity}-{who}",
            topic=topic.arn,
            protocol=protocol,
            endpoint=endpoint,
            # An endpoint that does not confirm fails `pulumi up`, instead of staying deaf.
            endpoint_auto_confirms=True if protocol == "https" else None,
            region=self._args.region,
            opts=self._below,
        )


def key_policy(account_id: str) -> str:
    """The key's policy: the account administers it, AWS's services encrypt with it. `*` is the key itself."""
    use = {"Effect": "Allow", "Action": ["kms:GenerateDataKey*", "kms:Decrypt"], "Resource": "*"}
    return _json(
        {
            "Sid": "Administration",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Sid": "ServicesOfThisAccount",
            "Principal": {"Service": list(KEY_WITH_ACCOUNT)},
            "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
            **use,
        },
        {"Sid": "ServicesThatNameNoAccount", "Principal": {"Service": list(KEY_WITHOUT_ACCOUNT)}, **use},
    )


def topic_policy(arn: str, account_id: str, *, events: bool) -> str:
    """A topic's policy: AWS's services of this account publish, EventBridge if `events`, all over TLS alone.

    Roles of the account need no place in it: their own policies admit them.
    """
    publish = {"Effect": "Allow", "Action": "sns:Publish", "Resource": arn}
    statements: list[dict[str, Any]] = [
        {
            "Sid": "ServicesOfThisAccount",
            "Principal": {"Service": list(PUBLISHERS)},
            "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
            **publish,
        },
        {
            "Sid": "TlsAlone",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sns:Publish",
            "Resource": arn,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ]
    if events:
        statements.append({"Sid": "Events", "Principal": {"Service": EVENTS}, **publish})
    return _json(*statements)


def _json(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": VERSION, "Statement": statements})
