"""The whole gateway on AWS, as its diagram: one component a box, in the order in which each needs the others."""

import pulumi

import stargate.components as on_aws
from stargate.stack import Stack, answers, entrance, ground, serving, watching

with on_aws.in_sentences():
    stack = Stack.load()
    opts = pulumi.ResourceOptions(provider=on_aws.provider("aws", stack.settings.tags))

    # The ground: two zones and a way out, the administrators' door, what is kept, and where services run.
    network = on_aws.Network("net", stack.settings.network, opts)
    door = None if stack.has_nat_instances else on_aws.Door("door", ground.door(network), opts)
    database = on_aws.Database("db", ground.database(stack, network), opts)
    cache = on_aws.Cache("cache", ground.cache(stack, network), opts) if stack.settings.cache.enabled else None
    mirror = None if stack.has_way_out else on_aws.Mirror("mirror", stack.architecture, opts)
    cluster = on_aws.Cluster("cluster", ground.cluster(stack, network, mirror), opts)
    place = ground.place(stack, network, cluster)

    # The entrance: clients through CloudFront, which refuses what is not public; administrators from inside.
    front = on_aws.FrontDoor("front", entrance.front(stack, network, cluster, door), opts)
    edge = on_aws.Edge("edge", entrance.edge(stack, front), opts)
    grafana = on_aws.Pages("grafana", entrance.pages(stack, front, "grafana"), opts)
    traces = on_aws.Pages("traces", entrance.pages(stack, front, "traces"), opts) if stack.runs_langfuse else None

    # LiteLLM, and where its traces go.
    store = langfuse = None
    if traces:
        langfuse = on_aws.Langfuse(
            "tracing",
            serving.langfuse(stack, network=network, place=place, database=database, front=front, pages=traces),
            opts,
        )
        store = langfuse.store
    elif stack.writes_elsewhere:
        store = on_aws.external("traces", serving.external_langfuse(stack), opts)
    gateway = on_aws.Gateway(
        "gateway",
        serving.gateway(stack, place=place, database=database, cache=cache, front=front, traces=store),
        opts,
    )

    # What is seen of it, and who hears of what.
    topics = on_aws.AlarmTopics("topics", watching.topics(stack), opts)
    observability = on_aws.Observability(
        "watch",
        watching.observability(
            stack,
            place=place,
            database=database,
            gateway=gateway,
            front=front,
            pages=grafana,
            topics=topics,
            langfuse=langfuse,
            traces=traces,
        ),
        opts,
    )
    services = {"gateway": gateway.service_name, **observability.service_names}
    edge_topics = None
    if stack.settings.alarms.edge:
        edge_topics = on_aws.AlarmTopics("edge-topics", watching.topics(stack, on_aws.EDGE_REGION), opts)
    on_aws.Alarms(
        "alarms",
        watching.alarms(
            stack,
            topics=topics,
            edge_topics=edge_topics,
            network=network,
            cluster=cluster,
            front=front,
            edge=edge,
            database=database,
            cache=cache,
            langfuse=langfuse,
            pages={"grafana": grafana, "traces": traces},
            services=services,
        ),
        opts,
    )
    if stack.settings.alarms.monthly_budget_usd:
        on_aws.MonthlyBudget("budget", watching.budget(stack, topics), opts)

    # Who may reach whom, beside what each component opens for itself.
    balancer = front.balancer.security_group_id
    gateway.allow("metrics", observability.metrics.security_group_id)
    observability.grafana.allow("balancer", balancer)
    pages = {"gateway": gateway.allow, "grafana": observability.grafana.allow}
    if langfuse:
        langfuse.allow("balancer", balancer)
        langfuse.allow("gateway", gateway.security_group_id)
        pages["traces"] = langfuse.allow
    front.admit_administrators(pages)

    pulumi.export("url", edge.url)
    pulumi.export("claude_code", answers.claude_code(stack, edge))
    pulumi.export("admin", answers.admin(stack, front, gateway))
    pulumi.export("dashboards", answers.dashboards(stack, front, grafana, observability))
    pulumi.export("traces", answers.traces(stack, front, traces, langfuse))
    pulumi.export("operations", answers.operations(cluster, gateway, observability, langfuse))
