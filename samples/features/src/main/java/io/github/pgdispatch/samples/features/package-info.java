/**
 * A small example of each feature. Each class can be read and copied by itself. Only the
 * {@link io.github.pgdispatch.samples.features.Mailer} is shared, which stands for
 * whatever your application does.
 */
package io.github.pgdispatch.samples.features;
