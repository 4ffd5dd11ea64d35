package io.github.pgdispatch.handler;

import java.lang.annotation.Annotation;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JavaType;

/**
 * Recognizes JPA entities by the name of their annotation, because JPA may be missing.
 */
final class Entities {

	private static final String ENTITY = "jakarta.persistence.Entity";

	private Entities() {
	}

	/**
	 * Finds an entity in a type, such as the element type of a list.
	 */
	static @Nullable Class<?> findIn(JavaType type) {
		return findIn(type, new HashSet<>());
	}

	private static @Nullable Class<?> findIn(@Nullable JavaType type, Set<JavaType> seen) {
		// A type may contain itself, as in T extends Comparable<T>.
		if (type == null || !seen.add(type)) {
			return null;
		}
		Class<?> entity = findIn(type.getRawClass());
		if (entity == null) {
			entity = findIn(type.getContentType(), seen);
		}
		if (entity == null) {
			entity = findIn(type.getKeyType(), seen);
		}
		for (JavaType argument : type.getBindings().getTypeParameters()) {
			entity = (entity != null) ? entity : findIn(argument, seen);
		}
		return entity;
	}

	/**
	 * Returns whether all values have exactly this type, and no elements of other types.
	 */
	static boolean isTypeExact(JavaType type) {
		return type.isFinal() && !type.isContainerType() && !type.isReferenceType();
	}

	/**
	 * Finds an entity in a value, which is the value itself or one of its elements.
	 */
	static @Nullable Class<?> findIn(Object value) {
		Class<?> entity = findIn(value.getClass());
		for (Object element : elements(value)) {
			entity = (entity != null || element == null) ? entity : findIn(element.getClass());
		}
		return entity;
	}

	private static Collection<?> elements(Object value) {
		if (value instanceof Collection<?> collection) {
			return collection;
		}
		if (value instanceof Map<?, ?> map) {
			return map.values();
		}
		if (value instanceof Object[] array) {
			return Arrays.asList(array);
		}
		return (value instanceof Optional<?> optional) ? optional.stream().toList() : List.of();
	}

	/**
	 * Includes superclasses, because the value may be a proxy.
	 */
	private static @Nullable Class<?> findIn(Class<?> type) {
		for (Class<?> candidate = type; candidate != null; candidate = candidate.getSuperclass()) {
			for (Annotation annotation : candidate.getAnnotations()) {
				if (annotation.annotationType().getName().equals(ENTITY)) {
					return candidate;
				}
			}
		}
		return null;
	}

}
