"""A program of your own with Stargate's components: a network, a database, and a service that keeps its data there."""

import pulumi

import stargate.components as on_aws

with on_aws.in_sentences():
    opts = pulumi.ResourceOptions(provider=on_aws.provider("aws", {"team": "platform"}))

    network = on_aws.Network("net", on_aws.NetworkArgs(cidr="10.20.0.0/16"), opts)
    database = on_aws.Database(
        "db",
        on_aws.DatabaseArgs(vpc_id=network.vpc_id, subnet_ids=network.data_subnet_ids, applications=["wiki"]),
        opts,
    )
    # Two stacks of one account never share a name.
    domain = f"{pulumi.get_project()}-{pulumi.get_stack()}.internal"
    cluster = on_aws.Cluster("cluster", on_aws.ClusterArgs(vpc_id=network.vpc_id, domain=domain), opts)
    wiki = on_aws.FargateService(
        "wiki",
        on_aws.FargateServiceArgs(
            cluster=cluster,
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            containers=[
                database.bootstrap_container("wiki"),
                on_aws.Container(
                    name="wiki",
                    image="ghcr.io/example/wiki:1.0.0",
                    port=3000,
                    environment={"DB_TYPE": "postgres"},
                    secrets={"DATABASE_URL": database.url_secret("wiki")},
                    depends_on={"database-bootstrap": on_aws.Condition.SUCCESS},
                ),
            ],
            cpu=256,
            memory_mb=512,
            hostname="wiki",
        ),
        opts,
    )
    database.allow("wiki", wiki.security_group_id)

    pulumi.export("address", wiki.hostname)
