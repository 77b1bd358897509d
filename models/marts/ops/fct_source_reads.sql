with source_reads as (
    select * from {{ ref('int_load_steps_pivoted') }}
),

final as (
    select
        cast(source_reads.run_id as string) as run_id,
        cast(source_reads.source_name as string) as source_name,
        cast(source_reads.extract_seconds as double) as extract_seconds,
        cast(source_reads.normalize_seconds as double) as normalize_seconds,
        cast(source_reads.load_seconds as double) as load_seconds,
        cast(source_reads.failures as bigint) as failures,
        cast(source_reads.recorded_at as timestamp) as recorded_at
    from source_reads
)

select * from final
