with known as (
    {{ known(
        'fx', 'reference_rates',
        key=['rate_on', 'currency'],
        version=['_file_line', '_file_sha256']
    ) }}
),

renamed as (
    select
        cast(known._file_sha256 as string) as file_sha256,
        cast({{ clean_text('known.currency') }} as string) as currency,
        cast(known._file_name as string) as file_name,
        cast(known.rate as decimal(18, 6)) as units_per_eur,
        cast(known._file_line as bigint) as file_line,
        known.rate_on,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
