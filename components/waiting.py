"""Values that are known only once something else stands."""

import pulumi


def after(value: pulumi.Input[str], *others: pulumi.Input[str]) -> pulumi.Output[str]:
    """A value, known once the others are: whatever takes it waits for the resources that they come from."""
    return pulumi.Output.all(value, *others).apply(lambda known: str(known[0]))
