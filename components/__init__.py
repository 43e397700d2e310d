"""Reusable Pulumi components; whatever they need of the gateway or the dashboards comes in as an argument."""

from stargate.components.alarm_rules import Thresholds
from stargate.components.alarm_subjects import (
    BalancerWatch,
    CacheWatch,
    CertificateWatch,
    DatabaseWatch,
    ModelWatch,
    NatWatch,
    ServicesWatch,
)
from stargate.components.alarm_topics import AlarmTopics, AlarmTopicsArgs
from stargate.components.alarms import Alarms, AlarmsArgs
from stargate.components.bedrock_access import InferenceProfile
from stargate.components.bucket import Bucket, BucketArgs
from stargate.components.budget import MonthlyBudget, MonthlyBudgetArgs
from stargate.components.cache import Cache, CacheArgs
from stargate.components.certificate import Certificate, CertificateArgs, Domain
from stargate.components.clickhouse import ClickHouse, ClickHouseArgs
from stargate.components.cluster import Cluster, ClusterArgs
from stargate.components.container import Condition, Container, Efs, HealthCheck, Volume
from stargate.components.database import Database, DatabaseArgs, Reader
from stargate.components.database_instance import DatabaseInstance
from stargate.components.door import Door, DoorArgs
from stargate.components.edge import Edge, EdgeArgs, EdgeBehaviour
from stargate.components.edge_origin import Origin, VpcOrigin, VpcOriginArgs
from stargate.components.edge_region import EDGE_REGION
from stargate.components.edge_waf import Waf
from stargate.components.file_system import FileSystem, FileSystemArgs
from stargate.components.front_door import Allow, Application, FrontDoor, FrontDoorArgs
from stargate.components.gateway import Gateway, GatewayArgs, GatewayRoutes
from stargate.components.gateway_tasks import Tasks
from stargate.components.grafana import Grafana, GrafanaArgs, GrafanaSettings, SpendReader
from stargate.components.iam import Statement
from stargate.components.image import Image, ImageArgs
from stargate.components.langfuse import Langfuse, LangfuseArgs
from stargate.components.listener_rules import Header, PublicRoute, Rule
from stargate.components.load_balancer import Listener, LoadBalancer, LoadBalancerArgs, Target
from stargate.components.metrics_store import MetricsSettings, MetricsStore, MetricsStoreArgs
from stargate.components.mirror import Mirror
from stargate.components.nat import Nat, NatMode
from stargate.components.network import Network, NetworkArgs
from stargate.components.observability import Observability, ObservabilityArgs
from stargate.components.pages import Pages, PagesArgs
from stargate.components.placement import Placement
from stargate.components.program import STACK_TAG, in_sentences, provider, region
from stargate.components.scaling import Scaling
from stargate.components.secret import Secret, SecretArgs
from stargate.components.service import FargateService, FargateServiceArgs, TargetGroup
from stargate.components.tracing import ExternalLangfuse, TraceStore, TracingBackend, external
from stargate.components.tunnel import tunnel, tunnel_to

__all__ = [
    "EDGE_REGION",
    "STACK_TAG",
    "AlarmTopics",
    "AlarmTopicsArgs",
    "Alarms",
    "AlarmsArgs",
    "Allow",
    "Application",
    "BalancerWatch",
    "Bucket",
    "BucketArgs",
    "Cache",
    "CacheArgs",
    "CacheWatch",
    "Certificate",
    "CertificateArgs",
    "CertificateWatch",
    "ClickHouse",
    "ClickHouseArgs",
    "Cluster",
    "ClusterArgs",
    "Condition",
    "Container",
    "Database",
    "DatabaseArgs",
    "DatabaseInstance",
    "DatabaseWatch",
    "Domain",
    "Door",
    "DoorArgs",
    "Edge",
    "EdgeArgs",
    "EdgeBehaviour",
    "Efs",
    "ExternalLangfuse",
    "FargateService",
    "FargateServiceArgs",
    "FileSystem",
    "FileSystemArgs",
    "FrontDoor",
    "FrontDoorArgs",
    "Gateway",
    "GatewayArgs",
    "GatewayRoutes",
    "Grafana",
    "GrafanaArgs",
    "GrafanaSettings",
    "Header",
    "HealthCheck",
    "Image",
    "ImageArgs",
    "InferenceProfile",
    "Langfuse",
    "LangfuseArgs",
    "Listener",
    "LoadBalancer",
    "LoadBalancerArgs",
    "MetricsSettings",
    "MetricsStore",
    "MetricsStoreArgs",
    "Mirror",
    "ModelWatch",
    "MonthlyBudget",
    "MonthlyBudgetArgs",
    "Nat",
    "NatMode",
    "NatWatch",
    "Network",
    "NetworkArgs",
    "Observability",
    "ObservabilityArgs",
    "Origin",
    "Pages",
    "PagesArgs",
    "Placement",
    "PublicRoute",
    "Reader",
    "Rule",
    "Scaling",
    "Secret",
    "SecretArgs",
    "ServicesWatch",
    "SpendReader",
    "Statement",
    "Target",
    "TargetGroup",
    "Tasks",
    "Thresholds",
    "TraceStore",
    "TracingBackend",
    "Volume",
    "VpcOrigin",
    "VpcOriginArgs",
    "Waf",
    "external",
    "in_sentences",
    "provider",
    "region",
    "tunnel",
    "tunnel_to",
]
