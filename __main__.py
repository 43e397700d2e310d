"""The whole gateway on AWS, as its diagram: one component a box, in the order in which traffic meets them."""

from pathlib import Path

import pulumi
import pulumi_aws as aws

from stargate.components.alarm_topics import AlarmTopics, AlarmTopicsArgs
from stargate.components.cache import Cache, CacheArgs
from stargate.components.cluster import Cluster, ClusterArgs
from stargate.components.database import Database, DatabaseArgs
from stargate.components.edge import Edge, EdgeArgs
from stargate.components.front_door import FrontDoor
from stargate.components.gateway import Gateway
from stargate.components.network import Network
from stargate.components.observability import Observability
from stargate.components.pages import Pages, PagesArgs
from stargate.components.settings import load
