with checks as (
    select * from {{ source('runs', 'checks') }}
),

renamed as (
    select
        cast(checks.run_id as string) as run_id,
        cast(checks.check_name as string) as check_name,
        cast(checks.subject as string) as subject,
        cast(checks.outcome as string) as outcome,
        cast(checks.detail as string) as detail,
        cast(checks.recorded_at as timestamp) as recorded_at
    from checks
)

select * from renamed
