package io.github.pgdispatch.autoconfigure;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.beans.factory.annotation.Qualifier;

/**
 * Marks the {@code DataSource} bean by which the workers of this node connect, if they
 * connect in another way than the application: for example directly, beside a connection
 * pooler. It has to lead to the same database and to log in as the same role. Declare the
 * bean with {@code @Bean(defaultCandidate = false)}, so that nothing else uses it.
 *
 * <p>
 * The workers have a pool of their own with the settings of that {@code DataSource}. The
 * properties {@code pgdispatch.worker.datasource.*} are the simpler way.
 */
@Target({ ElementType.FIELD, ElementType.METHOD, ElementType.PARAMETER, ElementType.TYPE, ElementType.ANNOTATION_TYPE })
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Qualifier
public @interface PgDispatchWorkerDataSource {

}
