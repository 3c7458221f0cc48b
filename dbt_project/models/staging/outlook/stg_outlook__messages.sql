with

records as (

    select * from {{ ref('base_records') }}
    where source = 'outlook' and stream = 'message'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as message_id,
        payload:internetMessageId::varchar as internet_message_id,
        payload:conversationId::varchar as conversation_id,
        payload:parentFolderId::varchar as mail_folder_id,
        lower(payload:from:emailAddress:address::varchar) as from_email,
        lower(split_part(payload:from:emailAddress:address::varchar, '@', 2)) as from_email_domain,
        payload:from:emailAddress:name::varchar as from_name,
        payload:subject::varchar as subject,
        payload:bodyPreview::varchar as body_preview,
        payload:toRecipients as to_recipients,
        payload:ccRecipients as cc_recipients,
        payload:categories as categories,
        coalesce(try_to_boolean(payload:isRead::varchar), false) as is_read,
        coalesce(try_to_boolean(payload:hasAttachments::varchar), false) as has_attachments,
        {{ utc('payload:sentDateTime') }} as sent_at,
        {{ utc('payload:receivedDateTime') }} as mailbox_received_at,
        {{ utc('payload:lastModifiedDateTime') }} as modified_at,
        {{ record_times() }}
    from records

)

select * from typed
