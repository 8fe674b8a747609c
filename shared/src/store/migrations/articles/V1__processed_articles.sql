-- The cleaned articles, a column for each field of the output form, in the service's own database or in another one.
CREATE TABLE processed_articles (
    document_id TEXT NOT NULL,
    version TEXT NOT NULL,
    original_text TEXT NOT NULL,
    cleaned_text TEXT NOT NULL,
    cleaned_title TEXT,
    cleaned_excerpt TEXT,
    cleaned_author TEXT,
    cleaned_publication_date DATE,
    cleaned_revision_date DATE,
    cleaned_source_url TEXT,
    cleaned_categories JSONB,
    cleaned_tags JSONB,
    cleaned_media_asset_urls JSONB,
    cleaned_geographical_data JSONB,
    cleaned_embargo_date DATE,
    cleaned_sentiment TEXT,
    cleaned_word_count BIGINT NOT NULL,
    cleaned_publisher TEXT,
    temporal_metadata DATE,
    entities JSONB NOT NULL,
    cleaned_additional_metadata JSONB NOT NULL,
    corrections JSONB NOT NULL,
    job_id UUID NOT NULL,
    batch_id TEXT,
    processed_at TIMESTAMPTZ NOT NULL,
    -- Of the claim that cleaned it: what an older claim writes late changes nothing.
    epoch BIGINT NOT NULL,
    PRIMARY KEY (job_id, document_id)
);
CREATE INDEX processed_articles_of_a_job ON processed_articles (job_id, processed_at DESC);
CREATE INDEX processed_articles_of_a_batch ON processed_articles (batch_id, processed_at DESC) WHERE batch_id IS NOT NULL;
