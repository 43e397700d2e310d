"""What a small ClickHouse is told: two files, derived from its memory, and how long its rows live."""

from collections.abc import Mapping, Sequence
from typing import Final

MEBIBYTE: Final = 1024 * 1024
# What the server may take of the task's memory, in hundredths; the rest is the kernel's, for the files that it caches.
SERVER_SHARE: Final = 80
# ClickHouse keeps a diary of itself in tables without an end: idle for five weeks, a server of 2 GB held 176 million
# rows of it and could answer no aggregate any more. Langfuse reads none of these.
DIARIES: Final = (
    "aggregated_zookeeper_log",
    "asynchronous_insert_log",
    "asynchronous_metric_log",
    "background_schedule_pool_log",
    "backup_log",
    "blob_storage_log",
    "delta_lake_metadata_log",
    "error_log",
    "iceberg_metadata_log",
    "instrumentation_trace_log",
    "latency_log",
    "metric_log",
    "opentelemetry_span_log",
    "part_log",
    "processors_profile_log",
    "query_metric_log",
    "query_thread_log",
    "query_views_log",
    "s3queue_log",
    "session_log",
    "text_log",
    "trace_log",
    "zookeeper_connection_log",
    "zookeeper_log",
)
# The one diary that Langfuse does read, to follow its own long migrations.
QUERY_LOG: Final = "<partition_by>event_date</partition_by><ttl>event_date + INTERVAL 3 DAY DELETE</ttl>"
# Two merges at a time. A merge needs memory, and the defaults below expect a pool of sixteen: the server refuses to
# start when one of them is larger than twice the pool.
MERGES: Final = 2
POOL_GUARDS: Final = (
    "number_of_free_entries_in_pool_to_execute_mutation",
    "number_of_free_entries_in_pool_to_execute_optimize_entire_partition",
    "number_of_free_entries_in_pool_to_lower_max_size_of_merge",
)
# Per query. Source: ClickHouse's usage recommendations, less than 16 GB of RAM; the profilers fed `trace_log`.
FRUGAL: Final[Mapping[str, int]] = {
    "input_format_parallel_parsing": 0,
    "max_block_size": 8192,
    "max_download_threads": 1,
    "output_format_parallel_formatting": 0,
    "query_profiler_cpu_time_period_ns": 0,
    "query_profiler_real_time_period_ns": 0,
}


def server_config(memory_mb: int) -> str:
    """The server's own file, to stand in `config.d`: no diaries, small caches and pools, the log on the console."""
    memory = memory_mb * MEBIBYTE
    return _document(
        [
            # The image's own file of this folder says so; ours hides it.
            "<listen_host>0.0.0.0</listen_host>",
            '<logger><level>information</level><console>1</console><log remove="1"/><errorlog remove="1"/></logger>',
            *(f'<{diary} remove="1"/>' for diary in DIARIES),
            f"<query_log>{QUERY_LOG}</query_log>",
            f"<max_server_memory_usage>{memory * SERVER_SHARE // 100}</max_server_memory_usage>",
            f"<mark_cache_size>{memory // 16}</mark_cache_size>",
            f"<index_mark_cache_size>{memory // 64}</index_mark_cache_size>",
            "<uncompressed_cache_size>0</uncompressed_cache_size>",
            f"<background_pool_size>{MERGES}</background_pool_size>",
            "<background_schedule_pool_size>16</background_schedule_pool_size>",
            f"<merge_tree>{''.join(_element(guard, MERGES) for guard in POOL_GUARDS)}</merge_tree>",
        ]
    )


def users_config(memory_mb: int) -> str:
    """The limits of a query, to stand in `users.d`: one query takes at most half of the memory."""
    limits = {**FRUGAL, "max_memory_usage": memory_mb * MEBIBYTE // 2}
    inner = "".join(_element(name, value) for name, value in sorted(limits.items()))
    return _document([f"<profiles><default>{inner}</default></profiles>"])


def spill_bytes(memory_mb: int) -> int:
    """From here a query sorts and groups on disk. Langfuse asks for 32 GB of it unless told otherwise."""
    return memory_mb * MEBIBYTE // 4


def retention(table: str, column: str, days: int) -> str:
    """The statement by which a table's rows expire, so many days after the time in a column."""
    return (
        f"ALTER TABLE {table} MODIFY TTL toDateTime({column}) + INTERVAL {days} DAY DELETE "
        # Rewriting what is there would take the memory of a small server; a table with a text index wants the second.
        "SETTINGS materialize_ttl_after_modify = 0, enable_full_text_index = 1;"
    )


def _element(name: str, value: int) -> str:
    return f"<{name}>{value}</{name}>"


def _document(lines: Sequence[str]) -> str:
    return "\n".join(["<clickhouse>", *lines, "</clickhouse>", ""])
