package io.github.pgdispatch.handler;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Parameter;
import java.lang.reflect.RecordComponent;
import java.util.stream.Stream;

/**
 * Knows which parameters may be {@code null} or empty, so that their values may be
 * missing.
 */
final class Nullability {

	private Nullability() {
	}

	/**
	 * Returns whether a parameter has an annotation {@code @Nullable} of any package.
	 */
	static boolean isNullable(Parameter parameter) {
		return isNullable(parameter.getAnnotations(), parameter.getAnnotatedType());
	}

	/**
	 * Returns whether the value of a parameter of a constructor or of a factory method
	 * may be missing.
	 */
	static boolean mayBeMissing(Parameter parameter, int index) {
		if (parameter.getType().getName().startsWith("java.util.Optional") || isNullable(parameter)) {
			return true;
		}
		RecordComponent[] components = parameter.getDeclaringExecutable().getDeclaringClass().getRecordComponents();
		return components != null && index < components.length
				&& components[index].getName().equals(parameter.getName())
				&& isNullable(components[index].getAnnotations(), components[index].getAnnotatedType());
	}

	private static boolean isNullable(Annotation[] annotations, AnnotatedType type) {
		return Stream.of(annotations, type.getAnnotations())
			.flatMap(Stream::of)
			.map(Annotation::annotationType)
			.anyMatch((annotation) -> annotation.getSimpleName().equals("Nullable"));
	}

}
