package io.github.pgdispatch.autoconfigure;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.beans.factory.annotation.Qualifier;

/**
 * Marks a {@code DataSource} bean that pg-dispatch uses. It has to be one in whose
 * transactions jobs are dispatched. Without this annotation, pg-dispatch uses the primary
 * or only {@code DataSource}.
 *
 * <p>
 * If several are marked, each has a schema, a queue and workers of its own. A dispatch
 * goes to the database of the current transaction. The template and the operations of one
 * database have the name of its {@code DataSource} bean as their qualifier, and the
 * properties that the database has of its own begin with {@code pgdispatch.data-sources.}
 * and that name. One of them may be an {@code AbstractRoutingDataSource} with a database
 * for each tenant, and has to be declared as such.
 */
@Target({ ElementType.FIELD, ElementType.METHOD, ElementType.PARAMETER, ElementType.TYPE, ElementType.ANNOTATION_TYPE })
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Qualifier
public @interface PgDispatchDataSource {

}
