with load_counts as (
    select * from {{ ref('stg_runs__load_counts') }}
),

-- A system is read to its end where what is gone from it was counted.
loads as (
    select
        load_counts.run_id,
        load_counts.source_name,
        load_counts.resource,
        load_counts.files,
        load_counts.delivered,
        load_counts.loaded,
        load_counts.rejected,
        load_counts.quarantined,
        load_counts.already_known,
        load_counts.rejected_values,
        load_counts.incomplete,
        load_counts.seconds,
        load_counts.finished_at as loaded_at,
        load_counts.resource in ('gone_documents', 'gone_rows')
        or max(
            case
                when load_counts.resource in ('gone_documents', 'gone_rows') then 1
                else 0
            end
        ) over (partition by load_counts.source_name) = 0 as is_whole_source
    from load_counts
)

select * from loads
