package io.github.pgdispatch.autoconfigure;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks the method of a bean that belongs to one database. If several databases are
 * marked with {@link PgDispatchDataSource}, each of them has such a bean, which gets the
 * other beans of the same database.
 *
 * @see DatabaseBeans
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@interface ForEachDatabase {

	/**
	 * Name of the method of {@link CurrentDatabase} that makes the bean which stands for
	 * those of all databases, or an empty name if there is none.
	 */
	String current() default "";

}
